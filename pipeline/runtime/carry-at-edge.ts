import type { Clock } from "#core/clock.ts";
import { permanent } from "#core/errors.ts";
import type { Ledger, LedgerEntry } from "#core/ports/ledger.ts";
import type { OperationRow } from "#core/ports/operations.ts";
import type { WakeUp } from "#core/wake-up.ts";
import { pauseInWords, targetInWords } from "#domain/operation.ts";
import { displayPath } from "#domain/path.ts";
import type { Carry, CarryContext } from "./carrying.ts";
import type { EdgeSource } from "./edge-source.ts";
import { heldBackBy } from "./held-back.ts";
import type { Paused } from "./paused.ts";
import { pause } from "./persist.ts";

export interface CarryAtEdgeContext {
	readonly sources: readonly EdgeSource[];
	readonly ledger: Ledger;
	readonly paused: Pick<Paused, "file">;
	/** Units between draw and conclusion. */
	readonly underWay: ReadonlySet<number>;
	readonly clock: Clock;
	readonly observed: Pick<WakeUp, "ring">;
}

const lookEveryMs = 100;
/** After this every process has heard of what is held back. */
const heardWithinMs = 5_000;

/** What only the host can do that watches a source: the ledger is there. */
export function carryAtEdge(context: CarryAtEdgeContext): Carry {
	const carries: Partial<Record<OperationRow["kind"], Carry>> = {
		rescan: (operation, { signal }) => rescan(context, operation, signal),
		quarantine: (operation, carrying) => quarantine(context, operation, carrying),
		release: (operation, carrying) => release(context, operation, carrying),
	};
	return async (operation, carrying) => (await carries[operation.kind]?.(operation, carrying)) ?? "";
}

async function rescan({ sources, clock }: CarryAtEdgeContext, { target }: OperationRow, signal: AbortSignal) {
	const began = clock.monotonic();
	const ended = new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
	// A source that is closed says that it was scanned.
	await Promise.race([sources.find(({ settings }) => settings.name === target.name)?.rescan(), ended]);
	signal.throwIfAborted();
	return `all of ${targetInWords(target)} was compared with the ledger, in ${((clock.monotonic() - began) / 1000).toFixed(1)} s`;
}

/** What is under way now may not have heard of it: it is waited for, and what comes after is refused by its judge. */
async function quarantine(context: CarryAtEdgeContext, { target }: OperationRow, { signal }: CarryContext) {
	const { ledger, underWay, paused, clock } = context;
	const path = target.path ?? "";
	const first = unitAt(context, target.name, path);
	const heardBy = clock.monotonic() + heardWithinMs;
	let held = paused.file(target.name, path);
	while (held === undefined || underWay.has(first.id)) {
		if (held === undefined && clock.monotonic() > heardBy) return `${targetInWords(target)} was released before`;
		await pause(lookEveryMs, { clock, signal });
		held = paused.file(target.name, path);
	}
	const unit = unitAt(context, target.name, path);
	const reason = pauseInWords(held);
	ledger.conclude([{ unit: unit.id, generation: unit.generation, state: "quarantined", at: clock.now(), reason }]);
	const name = targetInWords(target);
	if (!wasPublished(ledger, unit)) return `${name} is in quarantine: it was not published`;
	return `${name} is in quarantine: nothing more of it is published; what was taken in before stays, with its jobs and results`;
}

/** It may settle and be held back with its source. */
function wasPublished(ledger: Ledger, { id, source }: LedgerEntry): boolean {
	const published = ledger.publication(id);
	const heldSince = Number(heldBackBy(ledger, source) ?? Number.POSITIVE_INFINITY);
	return published !== undefined && published.at < heldSince;
}

/** Looked at before this process has heard of it, its judge would refuse it for ever. */
async function release(
	{ ledger, paused, clock, observed }: CarryAtEdgeContext,
	{ target, requestedBy, why }: OperationRow,
	{ signal }: CarryContext,
) {
	const heardBy = clock.monotonic() + heardWithinMs;
	while (paused.file(target.name, target.path ?? "") !== undefined) {
		if (clock.monotonic() > heardBy) return `${targetInWords(target)} was put into quarantine again`;
		await pause(lookEveryMs, { clock, signal });
	}
	const entry = ledger.find(target.name, target.path ?? "");
	const name = targetInWords(target);
	if (entry?.state !== "quarantined" || entry.goneAt !== undefined) return `${name} is not in quarantine`;
	const at = clock.now();
	const waitingFor = `another look: released by ${requestedBy}${why === undefined ? "" : `: ${why}`}`;
	ledger.conclude([{ unit: entry.id, generation: entry.generation, state: "settling", at, waitingFor, wakeAt: at }]);
	observed.ring();
	return `${name} is looked at again`;
}

/** @throws WatchRabbitError TARGET_UNKNOWN, OPERATION_REFUSED (permanent) */
function unitAt({ ledger }: CarryAtEdgeContext, source: string, path: string): LedgerEntry {
	const entry = ledger.find(source, path);
	if (entry === undefined || entry.goneAt !== undefined) {
		throw permanent("TARGET_UNKNOWN", `source ${source} has no ${displayPath(path)}`, {
			fix: "Give its path below the directory of the source, as `watchrabbit list files` shows it.",
		});
	}
	if (entry.unit !== undefined) {
		const folder = displayPath(path.split("/").slice(0, -1).join("/"));
		throw permanent(
			"OPERATION_REFUSED",
			`${displayPath(path)} is a part of a run folder, which is analysed as a whole`,
			{
				fix: `Put the folder into quarantine, ${folder} or one above it.`,
			},
		);
	}
	if (entry.state === "ignored") {
		throw permanent("OPERATION_REFUSED", `${displayPath(path)} is ignored anyway: ${entry.reason ?? "by a rule"}`, {
			fix: "There is nothing to do.",
		});
	}
	return entry;
}
