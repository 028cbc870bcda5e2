import { randomUUID } from "node:crypto";
import { concatMap, type OperatorFunction } from "rxjs";
import type { Envelope } from "#core/envelope.ts";
import type { EventLog, LogEvent } from "#core/ports/event-log.ts";
import type { Conclusion, Ledger } from "#core/ports/ledger.ts";
import type { PathString } from "#domain/path.ts";
import type { InternalEvent } from "#domain/report.ts";
import type { Settled } from "#domain/verdict.ts";
import { type PersistContext, persist } from "./persist.ts";
import { settledEvent } from "./settled-event.ts";

export interface PublishContext extends PersistContext {
	readonly log: EventLog;
	readonly ledger: Ledger;
	/** Absolute root by source. */
	readonly roots: ReadonlyMap<string, PathString>;
}

/** Append, then conclude, then resolve: a crash in between publishes the same event id once more. */
export function publish(context: PublishContext): OperatorFunction<Envelope<readonly Settled[]>, void> {
	const { log, ledger, roots, clock, report } = context;
	const ledgerId = identify(ledger);
	return concatMap(async ({ value, receipt }) => {
		const events = value.map((settled) =>
			settledEvent(ledgerId, roots.get(settled.unit.source) as PathString, settled),
		);
		await persist("event log", () => log.append(events), context);
		const at = clock.now();
		await persist("ledger", () => ledger.conclude(settledConclusions(value, events, at)), context);
		for (const settled of value) report(unitSettled(settled, at));
		receipt.resolve();
	});
}

/** The name of a ledger's life: a ledger that was lost and rebuilt counts generations anew, and must not be taken for the old one. */
function identify(ledger: Ledger): string {
	const known = ledger.note("id");
	if (known !== undefined) return known;
	const id = randomUUID();
	ledger.setNote("id", id);
	return id;
}

function settledConclusions(settled: readonly Settled[], events: readonly LogEvent[], at: number): Conclusion[] {
	return settled.map(({ unit, acquisition }, i) => ({
		unit: unit.id,
		generation: unit.generation,
		state: "settled",
		at,
		members: acquisition.members,
		event: (events[i] as LogEvent).id,
	}));
}

function unitSettled({ unit, acquisition }: Settled, at: number): InternalEvent {
	return {
		event: "unit.settled",
		source: unit.source,
		path: unit.path,
		files: acquisition.members.length,
		bytes: acquisition.members.reduce((sum, { size }) => sum + size, 0),
		traceparent: unit.traceparent,
		secondsAfterLastChange: (at - acquisition.acquiredAt) / 1000,
	};
}
