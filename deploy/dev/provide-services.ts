import { delimiter, dirname } from "node:path";
import { installPackages } from "./packages.ts";
import { type Service, search, services } from "./services.ts";

/**
 * Finds or installs what the tests need, says where each thing comes from, and gives the environment for the tests:
 * the same, with what was named by hand first in the PATH. What cannot be had is left to the tests, which skip or fail.
 */
export function provideServices(environment: NodeJS.ProcessEnv, say: (line: string) => void): NodeJS.ProcessEnv {
	const rows: readonly Service[] = Object.values(services);
	const missing = rows.filter((service) => !search(service, environment).found);
	const installed =
		missing.length > 0 &&
		installPackages(
			missing.flatMap(({ packages }) => packages),
			environment,
			say,
		);
	const paths: string[] = [];
	for (const service of rows) {
		const result = search(service, environment);
		if (!result.found) {
			say(result.missing);
			continue;
		}
		if (result.from === "environment") paths.push(dirname(result.at));
		const from = installed && missing.includes(service) ? "packages, just installed" : result.from;
		say(`${service.title}: ${result.at} (from the ${from})`);
	}
	return { ...environment, PATH: [...paths, environment.PATH ?? ""].join(delimiter) };
}
