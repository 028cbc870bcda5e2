import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { onTestFinished } from "vitest";
import { type Loaded, loadSettings } from "#config/load.ts";
import { ConfigInvalidError } from "#config/problem.ts";

export interface Workspace {
	readonly directory: string;
	/** Writes a file, with the directories above it. */
	write(path: string, content: string): string;
	makeDirectory(path: string): string;
	load(yaml: string, env?: Readonly<Record<string, string>>): Promise<Loaded>;
	/** What is said about a configuration that is refused, without the header; the workspace's own path as DIR. */
	refusal(yaml: string, env?: Readonly<Record<string, string>>): Promise<string>;
}

/** A directory with a watched `in/` and an analysis `a.R`, removed when the test is over. */
export function workspace(): Workspace {
	const directory = mkdtempSync(join(tmpdir(), "watchrabbit-config-"));
	onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
	const self: Workspace = {
		directory,
		write(path, content) {
			const file = join(directory, path);
			mkdirSync(dirname(file), { recursive: true });
			writeFileSync(file, content);
			return file;
		},
		makeDirectory(path) {
			mkdirSync(join(directory, path), { recursive: true });
			return join(directory, path);
		},
		load(yaml, env = {}) {
			self.write("watchrabbit.yaml", yaml);
			return loadSettings(undefined, env, { directory });
		},
		async refusal(yaml, env = {}) {
			const error = await self.load(yaml, env).then(
				() => undefined,
				(thrown: unknown) => thrown,
			);
			if (!(error instanceof ConfigInvalidError))
				throw new Error("the configuration was not refused", { cause: error });
			return error.message.replaceAll(directory, "DIR").replace(/^.*\n\n/, "");
		},
	};
	self.makeDirectory("in");
	self.write("a.R", "");
	return self;
}

/** A small valid configuration. */
export const minimal = `sources:
  plates: { watch: in }
pipelines:
  elisa: { from: plates, analysis: a.R }
`;

export function refusal(yaml: string, env?: Readonly<Record<string, string>>): Promise<string> {
	return workspace().refusal(yaml, env);
}

/** A configuration whose one pipeline says so as well. */
export const pipelineWith = (settings: string) =>
	`${watchedPlates}pipelines: { elisa: { from: plates, analysis: a.R, ${settings} } }\n`;

export const watchedPlates = "sources: { plates: { watch: in } }\n";
