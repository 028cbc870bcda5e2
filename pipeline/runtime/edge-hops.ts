import type { Ledger, Publication, Unit } from "#core/ports/ledger.ts";
import type { Hop, HopDetails, HopTimes, Tracer } from "#core/ports/tracer.ts";
import { isSampled, spanId, type Trace, withSpan } from "#core/trace.ts";
import { displayPath } from "#domain/path.ts";
import type { Settled } from "#domain/verdict.ts";

type Failure = HopDetails["failure"];
type LedgerOfHops = Pick<Ledger, "find" | "publication" | "origins">;

/** An acquisition on its way into the log. */
export interface Leaving {
	/** Its version's place, with what was decided of its trace. */
	readonly root: Trace;
	/** What follows, follows below this. */
	readonly trace: Trace;
	/** It is in the log, or can never be. */
	published(failure?: Failure): void;
	/** And the ledger knows: it has left the edge. */
	left(failure?: Failure): void;
}

/**
 * What an acquisition went through at the edge, told when it leaves, because only then it is known what it was. Its root
 * has the place that the ledger gives its version; where that is published a second time, it is the first one's.
 *
 * @param isToldOf whether messages tell of files of its source: others that it was told of in go on in it, also where no
 * spans are made
 */
export function leaving(
	{ unit, acquisition, hashed, archived }: Settled,
	event: string,
	tracer: Tracer,
	ledger: LedgerOfHops,
	isToldOf: boolean,
): Leaving {
	const { origin, links, place } = isToldOf || tracer.on ? toldIn(unit, ledger) : toldInNone(unit);
	// Of a trace that others began was decided there.
	const root = origin === undefined ? tracer.sampled(place, "acquire") : place;
	const bytes = acquisition.members.reduce((sum, { size }) => sum + size, 0);
	const attributes = { ...fileOf(unit), "file.size": bytes, "watchrabbit.files": acquisition.members.length };
	const settled = hashed?.startMs ?? acquisition.settledAt;
	const publish: Hop = tracer.begin("publish", root, {
		attributes: { "messaging.operation.type": "send", "messaging.message.id": event },
	});
	const known = tracer.on && isSampled(publish.trace) ? knownOf(unit, ledger) : undefined;
	return {
		root,
		trace: publish.trace,
		published: (failure) => publish.end(failed(failure)),
		left: (failure) => {
			// Of what failed the ledger has concluded nothing: it says what it said before.
			const { before, waitedFor } = known ?? (tracer.on && failure !== undefined ? knownOf(unit, ledger) : nothing);
			const isAgain = before !== undefined && before.at >= unit.changedAt;
			const startMs = isAgain ? before.at : unit.changedAt;
			tracer.record(
				"settle",
				root,
				{ startMs, endMs: settled },
				{
					attributes: { ...attributes, "watchrabbit.looks": unit.looks, "watchrabbit.waited_for": waitedFor },
				},
			);
			if (hashed !== undefined) tracer.record("hash", root, hashed, { attributes });
			if (archived !== undefined) tracer.record("archive", root, archived, { attributes });
			if (isAgain) return;
			const times: HopTimes = { startMs, endMs: tracer.now() };
			tracer.record("acquire", origin, times, { attributes, links, as: root, ...failed(failure) });
		},
	};
}

interface Known {
	readonly before?: Publication | undefined;
	readonly waitedFor?: string | undefined;
}

const nothing: Known = {};

/** What is asked of the ledger for spans alone: only where they are kept, for everything else waits meanwhile. */
function knownOf({ id, source, path }: Unit, ledger: LedgerOfHops): Known {
	return { before: ledger.publication(id), waitedFor: ledger.find(source, path)?.reason };
}

/** The trace that it was told of in, maybe since it was drawn, and its place there; the others that it was told of in. */
function toldIn({ id, traceparent }: Unit, ledger: LedgerOfHops) {
	const [origin, ...links] = ledger.origins(id);
	const place: Trace = { traceparent };
	return { origin, links, place: origin === undefined ? place : withSpan(origin, spanId(place)) };
}

function toldInNone({ traceparent }: Unit): ReturnType<typeof toldIn> {
	return { origin: undefined, links: [], place: { traceparent } };
}

/** It is in quarantine, and tried again and again: the first time is told. */
export function refused(unit: Unit, failure: Failure, tracer: Tracer, ledger: LedgerOfHops): void {
	if (ledger.find(unit.source, unit.path)?.state === "quarantined") return;
	const { origin, links, place } = toldIn(unit, ledger);
	const times = { startMs: unit.changedAt, endMs: tracer.now() };
	const details = { attributes: fileOf(unit), ...failed(failure) };
	tracer.record("settle", place, times, details);
	tracer.record("acquire", origin, times, { ...details, links, as: place });
}

function fileOf({ source, path }: Unit) {
	return { "watchrabbit.source": source, "file.path": displayPath(path) };
}

function failed(failure: Failure): Pick<HopDetails, "failure"> {
	return failure === undefined ? {} : { failure };
}
