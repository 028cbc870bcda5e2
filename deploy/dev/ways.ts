import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { basename, join } from "node:path";
import { executable } from "./packages.ts";

/** How to get a service that is not on the machine. Versions are named: a test run is the same tomorrow. */
export type Way =
	/** Packages of Debian and Ubuntu, installed when root. */
	| { readonly kind: "debian"; readonly packages: readonly string[] }
	/** A package of PyPI ("name==version") that brings a program. */
	| { readonly kind: "pip"; readonly requirement: string }
	/** An artifact of Maven Central ("group:artifact:version") with all that it depends on. */
	| { readonly kind: "maven"; readonly artifact: string }
	/** A program in Go ("path@version"); `as` where the last part of its path says nothing ("server"). */
	| { readonly kind: "go"; readonly program: string; readonly as?: string }
	/** A service of deploy/compose/test-services.yml; `url` is told where its port can be reached ("127.0.0.1:32768"). */
	| {
			readonly kind: "compose";
			readonly service: string;
			readonly port: number;
			readonly url: (address: string) => string;
	  };

export type Download = Extract<Way, { kind: "pip" | "maven" | "go" }>;

/** Outside the checkout: one download serves every checkout. */
export function cacheDirectory(name: string, environment: NodeJS.ProcessEnv): string {
	const caches = environment.XDG_CACHE_HOME ?? join(environment.HOME ?? homedir(), ".cache");
	return join(caches, "watchrabbit", "services", name);
}

/**
 * Where a download puts programs is below its service's directory: pip and Go into `bin`, Maven its jars into `lib`. One
 * that fails leaves nothing behind, so that half of it is never taken for the whole.
 */
export function download(
	way: Download,
	directory: string,
	environment: NodeJS.ProcessEnv,
	say: (line: string) => void,
): void {
	const [program, ...args] = commandOf(way, directory);
	const command = executable(program, environment);
	if (command === undefined) return;
	say(`downloading ${what(way)} ...`);
	mkdirSync(directory, { recursive: true });
	if (way.kind === "maven") writeFileSync(join(directory, "pom.xml"), projectOf(way.artifact));
	const result = spawnSync(command, args, {
		env: way.kind === "go" ? { ...environment, GOBIN: join(directory, "bin") } : environment,
		stdio: ["ignore", "ignore", "pipe"],
		encoding: "utf8",
		timeout: longestDownloadMs,
	});
	if (result.status === 0) {
		if (way.kind === "go" && way.as !== undefined) renameProgram(way, join(directory, "bin"), way.as);
		return;
	}
	rmSync(directory, { recursive: true });
	say(`${program} could not get ${what(way)}: ${(result.error?.message ?? result.stderr).trim()}`);
}

/** Go calls a program by the last part of its path, which may be the same for any number of them. */
function renameProgram({ program }: { readonly program: string }, directory: string, as: string): void {
	renameSync(join(directory, basename(program.replace(/@.*/, ""))), join(directory, as));
}

const longestDownloadMs = 600_000;

function what(way: Download): string {
	if (way.kind === "pip") return way.requirement;
	return way.kind === "maven" ? way.artifact : way.program;
}

function commandOf(way: Download, directory: string): [string, ...string[]] {
	switch (way.kind) {
		case "pip":
			return ["python3", "-m", "pip", "install", "--quiet", "--target", directory, way.requirement];
		case "maven":
			return [
				...(["mvn", "--batch-mode", "--quiet", "--file", join(directory, "pom.xml")] as const),
				...["dependency:copy-dependencies", `-DoutputDirectory=${join(directory, "lib")}`],
			];
		case "go":
			return ["go", "install", way.program];
	}
}

/** Maven copies what a project depends on: this one depends on the artifact. */
function projectOf(artifact: string): string {
	const [group, name, version] = artifact.split(":");
	return `<project>
	<modelVersion>4.0.0</modelVersion>
	<groupId>watchrabbit</groupId><artifactId>${name}</artifactId><version>1</version><packaging>pom</packaging>
	<dependencies><dependency>
		<groupId>${group}</groupId><artifactId>${name}</artifactId><version>${version}</version>
	</dependency></dependencies>
</project>
`;
}

/** For people: how to get it by hand. */
export function wayInWords(way: Way): string {
	switch (way.kind) {
		case "debian":
			return `apt-get install ${way.packages.join(" ")}`;
		case "pip":
			return `pip install ${way.requirement}`;
		case "maven":
			return `${way.artifact} of Maven Central`;
		case "go":
			return `go install ${way.program}`;
		case "compose":
			return `docker compose (${way.service} of deploy/compose/test-services.yml)`;
	}
}

/** Whether a download is there. */
export function downloaded(name: string, file: string, environment: NodeJS.ProcessEnv): string | undefined {
	const path = join(cacheDirectory(name, environment), file);
	return existsSync(path) ? path : undefined;
}
