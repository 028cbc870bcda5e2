import { delimiter, dirname } from "node:path";
import { Compose } from "./compose.ts";
import { installPackages } from "./packages.ts";
import { isUrl, type Search, type Service, search, services } from "./services.ts";
import { cacheDirectory, download, type Way } from "./ways.ts";

export interface Provided {
	/** For the tests: the same, with what was named by hand first in the PATH, and containers by their URL. */
	readonly environment: NodeJS.ProcessEnv;
	/** Ends what was started. */
	end(): void;
}

type Say = (line: string) => void;

/**
 * Finds or gets what the tests need, and says where each thing comes from. What cannot be had is left to the tests,
 * which skip or fail.
 */
export function provideServices(
	environment: NodeJS.ProcessEnv,
	say: Say,
	rows: readonly Service[] = Object.values(services),
): Provided {
	const missing = rows.filter((service) => !search(service, environment).found);
	const packages = missing.flatMap(({ ways }) => ways.flatMap((way) => (way.kind === "debian" ? way.packages : [])));
	const installed = packages.length > 0 && installPackages([...new Set(packages)], environment, say);

	const compose = new Compose(environment);
	const urls: Record<string, string> = {};
	const paths: string[] = [];
	for (const service of rows) {
		const result = provide(service, environment, compose, say);
		if (!result.found) {
			say(result.missing);
			continue;
		}
		if (result.from === "docker compose" && service.variable !== undefined) urls[service.variable] = result.at;
		if (result.from === "environment" && !isUrl(result.at)) paths.push(dirname(result.at));
		const from =
			installed && missing.includes(service) && result.from === "machine" ? "packages, just installed" : result.from;
		say(`${service.title}: ${withoutPassword(result.at)} (from the ${from})`);
	}
	const PATH = [...paths, environment.PATH ?? ""].join(delimiter);
	return { environment: { ...environment, ...urls, PATH }, end: () => compose.down() };
}

type Provision = Search | { readonly found: true; readonly at: string; readonly from: "docker compose" };

function provide(service: Service, environment: NodeJS.ProcessEnv, compose: Compose, say: Say): Provision {
	const directory = cacheDirectory(service.name, environment);
	let result: Provision = search(service, environment);
	for (const way of namedByHand(service, environment) ? [] : service.ways) {
		if (result.found) break;
		result = byWay(way) ?? search(service, environment);
	}
	return result;

	function byWay(way: Way): Provision | undefined {
		if (way.kind === "debian") return undefined; // installed before, all in one
		if (way.kind !== "compose") {
			download(way, directory, environment, say);
			return undefined;
		}
		const at = compose.works ? compose.up(way, say) : undefined;
		return at === undefined ? undefined : { found: true, at, from: "docker compose" };
	}
}

/** What a person named and is not there is said, and nothing else taken for it. */
function namedByHand({ variable }: Service, environment: NodeJS.ProcessEnv): boolean {
	return variable !== undefined && environment[variable] !== undefined;
}

function withoutPassword(at: string): string {
	return at.replace(/:\/\/[^/@]*@/, "://");
}
