import { readFile, stat } from "node:fs/promises";
import { dirname, extname, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { permanent } from "#core/errors.ts";
import type { CustomStage } from "./define-config.ts";
import { parseYaml, type TextTrouble, type WrittenConfig } from "./yaml-document.ts";

export const defaultFileName = "watchrabbit.yaml";

export interface ReadConfig {
	readonly written: WrittenConfig;
	readonly troubles: readonly TextTrouble[];
	readonly customStages: Readonly<Record<string, CustomStage>>;
}

/**
 * The file asked for, or watchrabbit.yaml in `directory` or the nearest directory above that has one; absolute.
 * @throws WatchRabbitError CONFIG_NOT_FOUND
 */
export async function findConfig(file: string | undefined, directory: string): Promise<string> {
	if (file !== undefined) {
		const asked = resolve(directory, file);
		if (await isFile(asked)) return asked;
		throw permanent("CONFIG_NOT_FOUND", `there is no configuration file ${asked}`, {
			fix: "Correct what stands behind -c, or write one with: watchrabbit init DIRECTORY",
		});
	}
	for (let at = resolve(directory); ; at = dirname(at)) {
		if (await isFile(join(at, defaultFileName))) return join(at, defaultFileName);
		if (dirname(at) === at) break;
	}
	throw permanent("CONFIG_NOT_FOUND", `there is no ${defaultFileName} in ${resolve(directory)} or above it`, {
		fix: "Write one with: watchrabbit init DIRECTORY, or name one with -c FILE",
	});
}

async function isFile(path: string): Promise<boolean> {
	return (await stat(path).catch(() => undefined))?.isFile() ?? false;
}

/** @throws WatchRabbitError CONFIG_MODULE when a configuration in TypeScript cannot be run */
export async function readConfig(file: string): Promise<ReadConfig> {
	if ([".ts", ".mts", ".js", ".mjs"].includes(extname(file))) return readModule(file);
	const { written, troubles } = parseYaml(file, await readFile(file, "utf8"));
	return { written, troubles, customStages: {} };
}

async function readModule(file: string): Promise<ReadConfig> {
	const config = await importDefault(file);
	const { stages, ...value } = config;
	const customStages: Record<string, CustomStage> = {};
	for (const [name, stage] of Object.entries(stages ?? {})) {
		if (typeof stage !== "function" || ["group", "batch", "route"].includes(name)) {
			throw permanent("CONFIG_MODULE", `${file}: stages.${name} is not a stage of one's own`, {
				fix: "Give a function from Observable to Observable, under a name other than group, batch and route.",
			});
		}
		customStages[name] = stage as CustomStage;
	}
	return { written: { file, value, place: () => undefined }, troubles: [], customStages };
}

async function importDefault(file: string): Promise<{ readonly stages?: object }> {
	let config: unknown;
	try {
		config = ((await import(pathToFileURL(file).href)) as { default?: unknown }).default;
	} catch (cause) {
		const message = cause instanceof Error ? cause.message : String(cause);
		throw permanent("CONFIG_MODULE", `${file} cannot be run: ${message}`, {
			cause,
			fix: "Correct the file; node runs it as it is, with types removed.",
		});
	}
	if (typeof config === "object" && config !== null) return config;
	throw permanent("CONFIG_MODULE", `${file} exports no configuration`, {
		fix: "Write: export default defineConfig({ ... })",
	});
}
