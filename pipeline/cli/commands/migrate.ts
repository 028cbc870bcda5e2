import { counted } from "#domain/counted.ts";
import {
	type CommandContext,
	type ConfigOption,
	example,
	type JsonOption,
	type Register,
	takesConfig,
	takesJson,
	withStore,
} from "../command.ts";
import { type ExitCode, exitCodes } from "../exit-code.ts";

export const registerMigrate: Register = (program, context) => {
	const group = program
		.command("migrate")
		.description("the tables of the catalog: whether they are up to date, and bring them up to date");
	const status = group
		.command("status")
		.description("which migrations are applied; exit code 1 when some are not")
		.action(context.action((options: ConfigOption & JsonOption) => migrateStatus(context, options)));
	takesJson(takesConfig(status));
	example(status, "migrate status");
	const up = group
		.command("up")
		.description("apply what is missing (`watchrabbit up` does so as well); safe while others start")
		.action(context.action((options: ConfigOption) => migrateUp(context, options)));
	takesConfig(up);
	example(up, "migrate up --config facility.yaml");
};

async function migrateStatus(context: CommandContext, options: ConfigOption & JsonOption): Promise<ExitCode> {
	const { terminal } = context;
	return await withStore(context, options, "read", async (store) => {
		const states = await store.migrations();
		for (const { name, applied } of states) {
			const text = options.json ? JSON.stringify({ name, applied }) : `${applied ? "applied" : "missing"}  ${name}`;
			await terminal.print(`${text}\n`);
		}
		return states.every(({ applied }) => applied) ? exitCodes.done : exitCodes.failed;
	});
}

async function migrateUp(context: CommandContext, options: ConfigOption): Promise<ExitCode> {
	return await withStore(context, options, "write", async (store) => {
		const names = await store.migrate();
		for (const name of names) await context.terminal.print(`applied  ${name}\n`);
		context.terminal.tell(
			names.length === 0 ? "the catalog is up to date\n" : `${counted(names.length, "migration")} applied\n`,
		);
		return exitCodes.done;
	});
}
