import { setTimeout as passed } from "node:timers/promises";
import type { Command } from "commander";
import { permanent } from "#core/errors.ts";
import type { OperationRow } from "#core/ports/operations.ts";
import type { OperationKind, Target } from "#domain/operation.ts";
import { operationResource } from "#domain/operation-resource.ts";
import type { Workbench } from "./application.ts";
import {
	type CommandContext,
	type ConfigOption,
	type JsonOption,
	takesConfig,
	takesJson,
	withWorkbench,
} from "./command.ts";
import { type ExitCode, exitCodes } from "./exit-code.ts";
import { requester } from "./requester.ts";
import { oneLine } from "./terminal.ts";

export interface OperateOptions extends ConfigOption, JsonOption {
	readonly why?: string;
}

/** What every command that asks for an operation takes. */
export function takesWhy(command: Command): Command {
	takesJson(takesConfig(command), "the operation as one JSON object");
	return command.option("--why <reason>", "for the audit log, and for who wonders");
}

/** What is done at once by who runs is waited for; what takes longer goes on without us. */
const patienceMs = 5_000;
const lookEveryMs = 100;

/** Asks for it, and tells what came of it, or who carries it out. */
export async function operate(
	context: CommandContext,
	options: OperateOptions,
	kind: OperationKind,
	targetOf: (workbench: Workbench) => Target,
): Promise<ExitCode> {
	const { application, terminal } = context;
	const { why } = options;
	return await withWorkbench(context, options, async (workbench) => {
		const request = { kind, target: targetOf(workbench), by: requester(), ...(why !== undefined && { why }) };
		const { operation } = await application.operate(workbench, request);
		const now = await carriedOut(operation, workbench);
		if (options.json) {
			await terminal.print(`${JSON.stringify(operationResource(now))}\n`);
			return now.state === "failed" ? exitCodes.failed : exitCodes.done;
		}
		if (now.error !== undefined) {
			const { code, message, fix } = now.error;
			throw permanent(code, message, fix === undefined ? {} : { fix });
		}
		await terminal.print(`${oneLine(now.progress.message)}\n`);
		if (now.state !== "completed") await terminal.print(`${await whoCarries(now, context, options)}\n`);
		return exitCodes.done;
	});
}

async function carriedOut(operation: OperationRow, { catalog }: Workbench): Promise<OperationRow> {
	const giveUpAt = performance.now() + patienceMs;
	let now = operation;
	while (isOpen(now) && performance.now() < giveUpAt) {
		await passed(lookEveryMs);
		now = (await catalog.operations.one(operation.id)) ?? now;
	}
	return now;
}

function isOpen({ state }: OperationRow): boolean {
	return state === "requested" || state === "running";
}

async function whoCarries({ id, state }: OperationRow, { application }: CommandContext, { config }: ConfigOption) {
	const look = `see how far it is with: watchrabbit operations ${id}`;
	if (state === "running" || (await application.processes(config)).length > 0)
		return `it is being carried out; ${look}`;
	return `nothing runs on this machine: whichever \`watchrabbit up\` runs next carries it out; ${look}`;
}
