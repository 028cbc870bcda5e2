import type { Command } from "commander";
import { permanent } from "#core/errors.ts";
import type { CatalogStore } from "#core/ports/catalog-store.ts";
import type { Application, Workbench } from "./application.ts";
import type { ExitCode } from "./exit-code.ts";
import type { Terminal } from "./terminal.ts";

/** What a command is given by the program. */
export interface CommandContext {
	readonly application: Application;
	readonly terminal: Terminal;
	/** Turns what a command does into a commander action; what it resolves with is the exit code. */
	readonly action: <Given extends unknown[]>(
		work: (...given: Given) => Promise<ExitCode>,
	) => (...given: Given) => Promise<void>;
}

/** Adds one command to the program. */
export type Register = (program: Command, context: CommandContext) => void;

export interface ConfigOption {
	readonly config?: string;
}

export interface JsonOption {
	readonly json?: boolean;
}

export function takesConfig(command: Command): Command {
	return command.option("-c, --config <file>", "configuration (default: watchrabbit.yaml here or above)");
}

export function takesJson(command: Command, what = "one JSON object a line"): Command {
	return command.option("--json", `print ${what}`);
}

/** Shown at the end of the command's help. */
export function example(command: Command, ...lines: readonly string[]): Command {
	const shown = lines.map((line) => `  $ watchrabbit ${line}`).join("\n");
	return command.addHelpText("after", `\n${lines.length === 1 ? "Example" : "Examples"}:\n${shown}`);
}

/** Opens the state for the time that `work` takes. */
export async function withWorkbench<T>(
	{ application }: CommandContext,
	{ config }: ConfigOption,
	work: (workbench: Workbench) => Promise<T>,
): Promise<T> {
	const workbench = await application.open(config);
	try {
		return await work(workbench);
	} finally {
		await workbench.close();
	}
}

/** Opens the catalog's database, as it is, for the time that `work` takes. */
export async function withStore<T>(
	{ application }: CommandContext,
	{ config }: ConfigOption,
	access: "read" | "write",
	work: (store: CatalogStore) => Promise<T>,
): Promise<T> {
	const store = await application.openStore(config, access);
	try {
		return await work(store);
	} finally {
		await store.close();
	}
}

export function usage(code: string, message: string, fix: string) {
	return permanent(`USAGE_${code}`, message, { fix });
}
