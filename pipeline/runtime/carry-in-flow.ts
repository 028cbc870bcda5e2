import type { Clock } from "#core/clock.ts";
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

/** What one process of all is enough for. */
export function carryInFlow(context: CarryInFlowContext): Carry {
	const carries: Partial<Record<OperationRow["kind"], Carry>> = {
		resume: (operation) => announce(context, operation),
		drain: (operation, carrying) => drainAll(context, operation, carrying),
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
