import { open, rename, rm } from "node:fs/promises";
import { resolve } from "node:path";
import type { CatalogStore } from "#core/ports/catalog-store.ts";
import { type CommandContext, type ConfigOption, example, type Register, takesConfig, withStore } from "../command.ts";
import { type ExitCode, exitCodes } from "../exit-code.ts";

export const registerExport: Register = (program, context) => {
	const command = program
		.command("export")
		.description(
			"write the whole catalog into a file, to import it into another database (end `watchrabbit up` before)",
		)
		.argument("<file>", "where to; lines of JSON, with the count and the digest of each table")
		.action(context.action((file: string, options: ConfigOption) => exportTo(context, file, options)));
	takesConfig(command);
	example(command, "export catalog.ndjson");
};

async function exportTo(context: CommandContext, file: string, options: ConfigOption): Promise<ExitCode> {
	const { terminal } = context;
	const target = resolve(terminal.directory, file);
	await withStore(context, options, "read", (store) => writeWhole(store, target));
	terminal.tell(`${target}: the whole catalog; take it into another by: watchrabbit import\n`);
	return exitCodes.done;
}

/** Under its name once it is whole and on the disk. */
async function writeWhole(store: CatalogStore, target: string): Promise<void> {
	const part = `${target}.part`;
	try {
		const handle = await open(part, "w");
		try {
			for await (const lines of store.export()) await handle.write(lines);
			await handle.sync();
		} finally {
			await handle.close();
		}
		await rename(part, target);
	} catch (thrown) {
		await rm(part, { force: true });
		throw thrown;
	}
}
