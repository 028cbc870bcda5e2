import type { EventLog, LogEvent } from "#core/ports/event-log.ts";
import type { Conclusion, Ledger } from "#core/ports/ledger.ts";
import type { Tracer } from "#core/ports/tracer.ts";
import type { Stage } from "#core/stage.ts";
import { isSampled, type Trace } from "#core/trace.ts";
import type { Pause } from "#domain/operation.ts";
import type { PathString } from "#domain/path.ts";
import type { InternalEvent } from "#domain/report.ts";
import type { Settled } from "#domain/verdict.ts";
import { leaving } from "./edge-hops.ts";
import { noteHeldBack } from "./held-back.ts";
import type { Paused } from "./paused.ts";
import { type PersistContext, persist } from "./persist.ts";
import { eventId, settledEvent, standingOf } from "./settled-event.ts";
import { writeApart } from "./write-apart.ts";
import { writeTogether } from "./write-together.ts";

export interface PublishContext extends Pick<PersistContext, "clock" | "report"> {
	readonly log: EventLog;
	readonly ledger: Ledger;
	/** Absolute root by source. */
	readonly roots: ReadonlyMap<string, PathString>;
	/** Sources whose acquisitions wait for one another. */
	readonly gathering: ReadonlySet<string>;
	/** Sources that messages tell of files. */
	readonly toldOf: ReadonlySet<string>;
	readonly tracer: Tracer;
	/** Of a source that is held back nothing goes into the log: it settles, and `Republishing` publishes it later. */
	readonly paused: Pick<Paused, "source">;
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
	toldOf,
	writing,
	tracer,
	paused,
	clock,
	report,
}: PublishContext): Stage<Settled, never> {
	const write = async (settled: readonly Settled[], signal: AbortSignal) => {
		const patient = { clock, report, signal };
		const leave = (one: Settled) => {
			const { acquisition, unit } = one;
			const root = roots.get(unit.source) as PathString;
			const id = eventId(ledger.identity, one);
			const hops = leaving(one, id, tracer, ledger, toldOf.has(unit.source));
			const event = { id, acquisition, root, ...hops.trace, standing: standingOf(ledger, unit) };
			return { hops, event: settledEvent(event, gathering.has(unit.source)) };
		};
		const fresh = settled.filter(({ known }) => known === undefined);
		const leaves = new Map(fresh.map((one) => [one, leave(one)]));
		const eventOf = (one: Settled) => leaves.get(one)?.event as LogEvent;
		const held = new Map(fresh.flatMap(({ unit: { source } }) => heldOf(source)));
		const goes = fresh.filter(({ unit }) => !held.has(unit.source));
		for (const [source, by] of held) await persist("ledger", () => noteHeldBack(ledger, source, by), patient);
		const unpublished = await writeApart(goes, (some) =>
			persist("event log", () => log.append(some.map(eventOf)), patient),
		);
		for (const one of goes) leaves.get(one)?.hops.published(unpublished.get(one));
		const published = settled.filter((one) => !unpublished.has(one));
		const at = clock.now();
		const unconcluded = await writeApart(published, (some) =>
			persist(
				"ledger",
				() => ledger.conclude(some.flatMap((one) => settledConclusions(one, leaves.get(one)?.event, at, tracer.on))),
				patient,
			),
		);
		for (const [one, { hops }] of leaves) hops.left(unpublished.get(one) ?? unconcluded.get(one));
		const concluded = published.filter((one) => !unconcluded.has(one));
		for (const one of concluded)
			if (one.known === undefined) report(unitSettled(one, at, leaves.get(one)?.hops.root as Trace));
		const units = concluded.filter(({ known }) => known !== undefined).length;
		if (units > 0) report({ event: "units.recognized", units });
		return new Map([...unpublished, ...unconcluded]);
	};
	const heldOf = (source: string): [string, Pause][] => {
		const by = paused.source(source);
		return by === undefined ? [] : [[source, by]];
	};
	const writeNoted: typeof write = async (settled, signal) => {
		const written = write(settled, signal);
		writing.add(written);
		return await written.finally(() => writing.delete(written));
	};
	return writeTogether({ count: publishCount, timeMs: publishMs, write: writeNoted });
}

/** Of what is known there is no event; where no spans are made nothing was decided of its trace. */
function settledConclusions(
	settled: Settled,
	event: LogEvent | undefined,
	at: number,
	isDecided: boolean,
): Conclusion[] {
	const { unit, acquisition, archived, known } = settled;
	const common = { unit: unit.id, generation: unit.generation, at };
	const { members } = acquisition;
	if (known === undefined) {
		const { id, traceparent } = event as LogEvent;
		const decided = isDecided && { isTraced: isSampled({ traceparent }) };
		return [{ ...common, state: archived ? "verified" : "settled", members, event: id, ...decided }];
	}
	const taken = { ...common, state: "settled" as const, members, acquisition: known.acquisition };
	const { analysed } = known;
	return analysed === undefined ? [taken] : [taken, { ...common, state: "analysed", reason: `result ${analysed}` }];
}

function unitSettled({ unit, acquisition }: Settled, at: number, root: Trace): InternalEvent {
	return {
		event: "unit.settled",
		source: unit.source,
		path: unit.path,
		files: acquisition.members.length,
		bytes: acquisition.members.reduce((sum, { size }) => sum + size, 0),
		traceparent: root.traceparent,
		secondsAfterLastChange: (at - acquisition.acquiredAt) / 1000,
	};
}
