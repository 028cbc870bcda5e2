import type { EventLog, LogEvent } from "#core/ports/event-log.ts";
import type { Conclusion, Ledger } from "#core/ports/ledger.ts";
import type { Stage } from "#core/stage.ts";
import type { PathString } from "#domain/path.ts";
import type { InternalEvent } from "#domain/report.ts";
import type { Settled } from "#domain/verdict.ts";
import { type PersistContext, persist } from "./persist.ts";
import { eventId, settledEvent } from "./settled-event.ts";
import { writeApart } from "./write-apart.ts";
import { writeTogether } from "./write-together.ts";

export interface PublishContext extends Pick<PersistContext, "clock" | "report"> {
	readonly log: EventLog;
	readonly ledger: Ledger;
	/** Absolute root by source. */
	readonly roots: ReadonlyMap<string, PathString>;
	/** Sources whose acquisitions wait for one another. */
	readonly gathering: ReadonlySet<string>;
	/** The writes under way, from before the log until the ledger has what was appended. */
	readonly writing: Set<Promise<unknown>>;
}

const publishCount = 256;
const publishMs = 2;

/** Append, then conclude, then resolve: a crash in between publishes the same event id once more. */
export function publish({
	log,
	ledger,
	roots,
	gathering,
	writing,
	clock,
	report,
}: PublishContext): Stage<Settled, never> {
	const write = async (settled: readonly Settled[], signal: AbortSignal) => {
		const patient = { clock, report, signal };
		const eventOfOne = (one: Settled) => {
			const { acquisition, unit } = one;
			const { source, traceparent } = unit;
			const root = roots.get(source) as PathString;
			return settledEvent({ id: eventId(ledger.identity, one), acquisition, root, traceparent }, gathering.has(source));
		};
		const events = new Map(settled.map((one) => [one, eventOfOne(one)]));
		const eventOf = (one: Settled) => events.get(one) as LogEvent;
		const unpublished = await writeApart(settled, (some) =>
			persist("event log", () => log.append(some.map(eventOf)), patient),
		);
		const published = settled.filter((one) => !unpublished.has(one));
		const at = clock.now();
		const unconcluded = await writeApart(published, (some) =>
			persist("ledger", () => ledger.conclude(some.map((one) => settledConclusion(one, eventOf(one), at))), patient),
		);
		for (const one of published) if (!unconcluded.has(one)) report(unitSettled(one, at));
		return new Map([...unpublished, ...unconcluded]);
	};
	const writeNoted: typeof write = async (settled, signal) => {
		const written = write(settled, signal);
		writing.add(written);
		return await written.finally(() => writing.delete(written));
	};
	return writeTogether({ count: publishCount, timeMs: publishMs, write: writeNoted });
}

function settledConclusion({ unit, acquisition, archived }: Settled, { id: event }: LogEvent, at: number): Conclusion {
	const { id, generation } = unit;
	const state = archived ? "verified" : "settled";
	return { unit: id, generation, state, at, members: acquisition.members, event };
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
