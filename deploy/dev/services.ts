import { spawnSync } from "node:child_process";
import { existsSync, globSync } from "node:fs";
import { executable } from "./packages.ts";

/**
 * What tests need and the project does not bring. Each is looked for in this order: where an environment variable says
 * it is, on the machine, in the packages of Debian and Ubuntu (installed when root).
 */
export interface Service {
	readonly name: string;
	/** As in "R is missing". */
	readonly title: string;
	/** The environment variable that names one by hand; it goes before everything else. */
	readonly variable: string | undefined;
	/** Where it is on this machine. */
	readonly onMachine: (environment: NodeJS.ProcessEnv) => string | undefined;
	/** Debian packages that bring it. */
	readonly packages: readonly string[];
	/** Where else to get it, for people on other systems. */
	readonly elsewhere: string;
}

export const services = {
	// No step for docker compose: R is forked, limited and killed as a process of this machine; a container's is out of reach.
	r: {
		name: "r",
		title: "R (Rscript)",
		variable: "WATCHRABBIT_TEST_RSCRIPT",
		onMachine: rscript,
		packages: ["r-base-core"],
		elsewhere: "the R project's installer, brew install r",
	},
	ggplot2: {
		name: "ggplot2",
		title: "the R package ggplot2",
		variable: undefined, // R has its own: R_LIBS
		onMachine: (environment) => rPackage("ggplot2", environment),
		packages: ["r-cran-ggplot2"],
		elsewhere: `Rscript -e 'install.packages("ggplot2")'`,
	},
	faketime: {
		name: "faketime",
		title: "libfaketime",
		variable: "WATCHRABBIT_TEST_FAKETIME",
		onMachine: fakeTimeLibrary,
		packages: ["libfaketime"],
		elsewhere: "brew install libfaketime",
	},
} as const satisfies Record<string, Service>;

export type ServiceName = keyof typeof services;

export type Search =
	| { readonly found: true; readonly at: string; readonly from: "environment" | "machine" }
	| { readonly found: false; readonly missing: string };

/** Looks, and installs nothing. */
export function search(service: Service, environment: NodeJS.ProcessEnv): Search {
	const named = service.variable === undefined ? undefined : environment[service.variable];
	if (named !== undefined && existsSync(named)) return { found: true, at: named, from: "environment" };
	const at = named === undefined ? service.onMachine(environment) : undefined;
	if (at !== undefined) return { found: true, at, from: "machine" };
	const lacking = named === undefined ? "is missing" : `is not at ${named} (${service.variable})`;
	return { found: false, missing: `${service.title} ${lacking}; ${howToGet(service)}` };
}

function howToGet({ packages, elsewhere, variable }: Service): string {
	const byHand = variable === undefined ? "" : `, or set ${variable} to where it is`;
	return `get it by apt-get install ${packages.join(" ")} (elsewhere: ${elsewhere})${byHand}`;
}

function rscript(environment: NodeJS.ProcessEnv): string | undefined {
	return environment.WATCHRABBIT_TEST_RSCRIPT ?? executable("Rscript", environment);
}

/** Debian keeps it below the architecture's directory, others in lib or lib64. */
function fakeTimeLibrary(): string | undefined {
	const name = "faketime/libfaketime.so.1";
	return globSync([`/usr/lib/*/${name}`, `/usr/lib*/${name}`, `/usr/local/lib/${name}`])[0];
}

function rPackage(name: string, environment: NodeJS.ProcessEnv): string | undefined {
	const command = rscript(environment);
	if (command === undefined) return undefined;
	const { status, stdout } = spawnSync(command, ["--vanilla", "-e", `cat(find.package("${name}"))`], {
		encoding: "utf8",
	});
	return status === 0 ? stdout : undefined;
}
