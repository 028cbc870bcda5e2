import { Option } from "commander";
import type { OperationRow } from "#core/ports/operations.ts";
import {
	type OperationKind,
	type OperationState,
	operationKinds,
	operationStates,
	pauseInWords,
	targetInWords,
} from "#domain/operation.ts";
import { operationResource, pauseResource } from "#domain/operation-resource.ts";
import type { Workbench } from "../application.ts";
import {
	type CommandContext,
	type ConfigOption,
	example,
	type JsonOption,
	type Register,
	takesConfig,
	takesJson,
	usage,
	withWorkbench,
} from "../command.ts";
import { exitCodes } from "../exit-code.ts";
import { coloured } from "../state-colour.ts";
import { table } from "../table.ts";
import { oneLine, type Terminal } from "../terminal.ts";
import { localTime } from "../words.ts";

interface OperationsOptions extends ConfigOption, JsonOption {
	readonly kind?: OperationKind;
	readonly state?: readonly OperationState[];
	readonly limit: string;
}

export const registerOperations: Register = (program, context) => {
	const command = program
		.command("operations")
		.description("what is held back, and what was asked for, by whom, why, and what came of it: the newest first")
		.argument("[id]", "only this one")
		.addOption(new Option("--kind <kind>", "only of this kind").choices(operationKinds))
		.addOption(new Option("--state <state...>", "only in one of these states").choices(operationStates))
		.option("--limit <n>", "so many at most", "20")
		.action(
			context.action((id: string | undefined, options: OperationsOptions) => listOperations(context, id, options)),
		);
	takesJson(takesConfig(command));
	example(command, "operations", "operations --state requested running");
};

async function listOperations(context: CommandContext, id: string | undefined, options: OperationsOptions) {
	const { terminal } = context;
	return await withWorkbench(context, options, async (workbench) => {
		const rows = id === undefined ? await pageOf(workbench, options) : [await oneOf(workbench, id)];
		const pauses = id === undefined ? await workbench.catalog.operations.pauses(Date.now()) : [];
		if (options.json) {
			for (const pause of pauses) await terminal.print(`${JSON.stringify({ pause: pauseResource(pause) })}\n`);
			for (const row of rows) await terminal.print(`${JSON.stringify(operationResource(row))}\n`);
			return exitCodes.done;
		}
		for (const pause of pauses) await terminal.print(`${oneLine(pauseInWords(pause, localTime))}\n`);
		if (rows.length > 0) await terminal.print(shown(rows, terminal));
		else if (pauses.length === 0) await terminal.print("nothing is held back, and nothing was asked for\n");
		return exitCodes.done;
	});
}

async function pageOf(
	{ catalog }: Workbench,
	{ kind, state, limit }: OperationsOptions,
): Promise<readonly OperationRow[]> {
	const most = Number(limit);
	if (!Number.isInteger(most) || most < 1)
		throw usage("LIMIT", `--limit ${limit} is no number of rows`, "Write: --limit 50");
	const filter = { ...(kind && { kind }), ...(state && { state }) };
	return (await catalog.operations.page({ limit: most, filter })).items;
}

async function oneOf({ catalog }: Workbench, id: string): Promise<OperationRow> {
	const row = await catalog.operations.one(id);
	if (row !== undefined) return row;
	throw usage("UNKNOWN_ID", `there is no operation ${id}`, "Find it with: watchrabbit operations");
}

function shown(rows: readonly OperationRow[], terminal: Terminal): string {
	return table(
		rows,
		[
			{ title: "ASKED", cell: ({ requestedAt }) => localTime(requestedAt) },
			{ title: "STATE", cell: ({ state }) => coloured(state, terminal) },
			{ title: "WHAT", cell: ({ kind, target }) => oneLine(`${kind} ${targetInWords(target)}`), shrinks: true },
			{ title: "BY", cell: ({ requestedBy }) => oneLine(requestedBy) },
			{ title: "WHY", cell: ({ why }) => oneLine(why ?? ""), shrinks: true },
			{ title: "DONE", cell: progressOf },
			{ title: "WHAT CAME OF IT", cell: ({ progress }) => oneLine(progress.message), shrinks: true },
			{ title: "ID", cell: ({ id }) => id },
		],
		terminal,
	);
}

function progressOf({ state, progress: { done, total } }: OperationRow): string {
	return state === "running" && total > 0 ? `${done} of ${total}` : "";
}
