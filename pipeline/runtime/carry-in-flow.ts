import type { Clock } from "#core/clock.ts";
import { permanent } from "#core/errors.ts";
import type { ReadCatalog } from "#core/ports/catalog.ts";
import type { OperationRow, OperationsCatalog } from "#core/ports/operations.ts";
import type { WakeUp } from "#core/wake-up.ts";
import { counted } from "#domain/counted.ts";
import { targetInWords } from "#domain/operation.ts";
import type { Carry, CarryContext } from "./carrying.ts";
import { pause } from "./persist.ts";
import { type SafeToDeleteContext, safeToDelete } from "./safe-to-delete.ts";

export interface CarryInFlowContext extends SafeToDeleteContext {
	readonly catalog: ReadCatalog & { readonly operations: OperationsCatalog };
	readonly clock: Clock;
	/** Rung when hints were put into the outbox. */
	readonly committed: Pick<WakeUp, "ring">;
}

const lookEveryMs = 500;
/** A process that drains says that it is there every ten seconds, and soon after the catalog was away. */
const heardWithinMs = 15_000;

/** What one process of all is enough for. */
export function carryInFlow(context: CarryInFlowContext): Carry {
	const carries: Partial<Record<OperationRow["kind"], Carry>> = {
		resume: (operation) => announce(context, operation),
		drain: (operation, carrying) =>
			operation.target.type === "process"
				? missProcess(context, operation, carrying)
				: drainAll(context, operation, carrying),
		"safe-to-delete": (operation, carrying) => safeToDelete(context, operation, carrying),
	};
	return async (operation, carrying) => (await carries[operation.kind]?.(operation, carrying)) ?? "";
}

/** Hints that were acknowledged while it was held back. One too many does no harm. */
async function announce({ catalog, clock, committed }: CarryInFlowContext, { target }: OperationRow): Promise<string> {
	const jobs = await catalog.operations.announce(target, clock.now());
	committed.ring();
	return `${targetInWords(target)} goes on: ${counted(jobs, "job")} that waited can begin`;
}

/** A process drains by itself. One that does not hear of it, because it is not there, keeps nobody waiting. */
async function missProcess(
	{ catalog, clock }: CarryInFlowContext,
	{ id, target }: OperationRow,
	{ signal }: CarryContext,
) {
	let over = 0;
	while (true) {
		const row = await catalog.operations.one(id);
		if (row === undefined || row.endedAt !== undefined) return "";
		const held = (await catalog.operations.pauses(clock.now())).some(
			({ on }) => on.type === "process" && on.name === target.name,
		);
		over = held ? 0 : over + lookEveryMs;
		if (over > heardWithinMs) {
			throw permanent(
				"PROCESS_GONE",
				`${targetInWords(target)} does not answer: it has ended, or there never was one`,
				{
					fix: "See which processes run, on each host, with: watchrabbit health",
				},
			);
		}
		await pause(lookEveryMs, { clock, signal });
	}
}

/** What runs is finished: over when nothing does, or when it is resumed before. */
async function drainAll({ catalog, clock }: CarryInFlowContext, _: OperationRow, { signal, tell }: CarryContext) {
	let most = 0;
	while (true) {
		const { running } = await catalog.countJobs();
		const held = (await catalog.operations.pauses(clock.now())).some(({ on }) => on.type === "everything");
		if (!held) return `resumed, with ${counted(running, "job")} still running`;
		if (running === 0) return "nothing runs any more, and nothing new begins until it is resumed";
		most = Math.max(most, running);
		await tell({ done: most - running, total: most, message: `${counted(running, "job")} still running` });
		await pause(lookEveryMs, { clock, signal });
	}
}
