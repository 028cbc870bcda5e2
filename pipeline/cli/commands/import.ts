import { createReadStream } from "node:fs";
import { resolve } from "node:path";
import { counted } from "#domain/counted.ts";
import { type CommandContext, type ConfigOption, example, type Register, takesConfig, withStore } from "../command.ts";
import { type ExitCode, exitCodes } from "../exit-code.ts";

export const registerImport: Register = (program, context) => {
	const command = program
		.command("import")
		.description("take an exported catalog into the empty one of this configuration, and hold both against each other")
		.argument("<file>", "what `watchrabbit export` wrote")
		.action(context.action((file: string, options: ConfigOption) => importFrom(context, file, options)));
	takesConfig(command);
	example(command, "import catalog.ndjson --config facility.yaml");
};

async function importFrom(context: CommandContext, file: string, options: ConfigOption): Promise<ExitCode> {
	const { terminal } = context;
	await withStore(context, options, "write", async (store) => {
		await store.migrate();
		const tables = await store.import(linesOf(createReadStream(resolve(terminal.directory, file), "utf8")));
		for (const { table, count, sha256 } of tables) await terminal.print(`${table}  ${count}  ${sha256}\n`);
		const rows = tables.reduce((sum, { count }) => sum + count, 0);
		terminal.tell(`${counted(rows, "row")} in ${counted(tables.length, "table")}, each counted and compared\n`);
	});
	return exitCodes.done;
}

/** Split at line feeds alone: text within a line may hold other separators, at which readline would split as well. */
async function* linesOf(chunks: AsyncIterable<string>): AsyncGenerator<string> {
	let begun = "";
	for await (const chunk of chunks) {
		const [first = "", ...others] = chunk.split("\n");
		begun += first;
		for (const next of others) {
			yield begun;
			begun = next;
		}
	}
	if (begun !== "") yield begun;
}
