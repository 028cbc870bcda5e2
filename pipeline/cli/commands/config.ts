import { type Explained, explain } from "#config/explain.ts";
import { loadSettings } from "#config/load.ts";
import { renderOrigin } from "#config/problem.ts";
import { configJsonSchema } from "#config/schema.ts";
import {
	type CommandContext,
	type ConfigOption,
	example,
	type JsonOption,
	type Register,
	takesConfig,
	takesJson,
} from "../command.ts";
import { exitCodes } from "../exit-code.ts";
import { type Column, table } from "../table.ts";
import type { Terminal } from "../terminal.ts";

export const registerConfig: Register = (program, context) => {
	const config = program
		.command("config")
		.description("check, explain and describe the configuration")
		.helpCommand(false);
	example(config, "config check", "config explain");
	const check = config
		.command("check")
		.description("say whether the configuration is right, or all that is wrong with it")
		.action(context.action((options: ConfigOption) => checkConfig(context, options)));
	example(takesConfig(check), "config check", "config check -c lab.yaml");
	const explained = config
		.command("explain")
		.description("show the effective value of every key, and where it comes from")
		.action(context.action((options: ConfigOption & JsonOption) => explainConfig(context, options)));
	example(takesJson(takesConfig(explained)), "config explain", "config explain --json");
	const schema = config
		.command("schema")
		.description("print the JSON Schema of the configuration, for editors")
		.action(context.action(() => printSchema(context.terminal)));
	example(schema, "config schema > watchrabbit.schema.json");
};

function load({ terminal }: CommandContext, { config }: ConfigOption) {
	return loadSettings(config, process.env, { directory: terminal.directory });
}

async function checkConfig(context: CommandContext, options: ConfigOption) {
	const { settings, warnings } = await load(context, options);
	const { tell, sideColours, print, colours } = context.terminal;
	for (const warning of warnings) tell(`${sideColours.yellow("note")} ${warning}\n`);
	await print(`${colours.green("right")} ${settings.file}\n`);
	return exitCodes.done;
}

async function explainConfig(context: CommandContext, options: ConfigOption & JsonOption) {
	const { effective, warnings } = await load(context, options);
	const { terminal } = context;
	const rows = explain(effective);
	if (options.json) for (const row of rows) await terminal.print(`${JSON.stringify(asJson(row))}\n`);
	else await terminal.print(table(rows, columns, terminal));
	for (const warning of warnings) terminal.tell(`${terminal.sideColours.yellow("note")} ${warning}\n`);
	return exitCodes.done;
}

const columns: readonly Column<Explained>[] = [
	{ title: "KEY", cell: ({ key }) => key },
	{ title: "VALUE", cell: ({ value }) => (typeof value === "string" ? value : JSON.stringify(value)), shrinks: true },
	{ title: "FROM", cell: ({ origin }) => renderOrigin(origin) },
	{ title: "FOR", cell: ({ description }) => description, shrinks: true },
];

function asJson({ key, value, origin, description }: Explained) {
	if (origin.kind === "environment") {
		return { key, value, from: { kind: origin.kind, variable: origin.variable }, description };
	}
	if (origin.kind === "default") return { key, value, from: { kind: origin.kind }, description };
	const { line, column } = origin.place ?? {};
	return { key, value, from: { kind: origin.kind, file: origin.file, line, column }, description };
}

async function printSchema({ print }: Terminal) {
	await print(`${JSON.stringify(configJsonSchema(), null, "\t")}\n`);
	return exitCodes.done;
}
