import type { Hop, HopAttributes, HopDetails, HopTimes, PlacedHopDetails, Tracer } from "#core/ports/tracer.ts";
import { isSampled, type Trace, traceId } from "#core/trace.ts";
import { type HopName, type HopNeighbour, hops } from "#domain/hops.ts";
import { HeldSpans } from "./held-spans.ts";
import { Sampling, type SamplingSettings } from "./sampling.ts";
import type { Span, SpanSink } from "./span.ts";
import { SpanIds } from "./span-ids.ts";

/** A hop that is over, for a metric; `traceId` where spans of its trace are kept. */
export type Observe = (hop: HopName, seconds: number, traceId?: string) => void;

/** Measures hops, and makes no spans: nothing is configured that would take them. */
export function measuring(observe: Observe): Tracer {
	return {
		on: false,
		now: Date.now,
		sampled: (trace) => trace,
		below: (trace) => trace,
		begin: (name, trace) => {
			const startedAt = performance.now();
			let isOver = false;
			const end = () => {
				if (isOver) return;
				isOver = true;
				observe(name, (performance.now() - startedAt) / 1000);
			};
			const leave = () => {
				isOver = true;
			};
			return { trace, end, leave };
		},
		record: (name, below, times, details) => {
			if ((details?.as ?? below) !== undefined) observe(name, seconds(times));
		},
	};
}

export interface TracingOptions {
	readonly observe: Observe;
	readonly sink: SpanSink;
	readonly sampling: SamplingSettings;
	/** What is said of a hop by whom it has to do with: names of systems and places. */
	readonly neighbours: Readonly<Record<HopNeighbour, HopAttributes>>;
	readonly monotonicMs?: () => number;
	readonly wallMs?: () => number;
}

const nothing: HopDetails = {};

/** The wall clock has whole milliseconds; one that differs from ours by more than this was set. */
const steppedMs = 5;

/** Measures hops, and gives those of sampled traces, and of all in which something failed, to a sink. */
export class Tracing implements Tracer {
	readonly on = true;
	readonly #options: TracingOptions;
	/** By the hop that a trace begins with: many of one kind take nothing from another. */
	readonly #samplings = new Map<HopName, Sampling>();
	readonly #held = new HeldSpans();
	readonly #ids = new SpanIds();
	readonly #monotonicMs: () => number;
	readonly #wallMs: () => number;
	/** Of the wall clock before the monotonic one: to microseconds, which the wall clock itself does not tell. */
	#aheadMs = performance.timeOrigin;

	constructor(options: TracingOptions) {
		this.#options = options;
		this.#monotonicMs = options.monotonicMs ?? (() => performance.now());
		this.#wallMs = options.wallMs ?? Date.now;
	}

	/** The monotonic clock, put where the wall clock is: hops that begin in one millisecond keep their order, in other processes too. */
	now(): number {
		const monotonicMs = this.#monotonicMs();
		const wallMs = this.#wallMs();
		if (Math.abs(wallMs - monotonicMs - this.#aheadMs) > steppedMs) this.#aheadMs = wallMs - monotonicMs;
		return monotonicMs + this.#aheadMs;
	}

	sampled(trace: Trace, root: HopName): Trace {
		const sampling = this.#samplings.get(root) ?? new Sampling(this.#options.sampling, this.#monotonicMs);
		this.#samplings.set(root, sampling);
		return sampling.decide(trace);
	}

	below(trace: Trace): Trace {
		const id = traceId(trace);
		const kept = isSampled(trace) || this.#held.hasFailed(id);
		return { traceparent: `00-${id}-${this.#ids.next()}-${kept ? "01" : "00"}` };
	}

	begin(name: HopName, below: Trace, before: PlacedHopDetails = nothing): Hop {
		const trace = before.as ?? this.below(below);
		const startMs = this.now();
		const startedAt = this.#monotonicMs();
		const held = hops[name].isLast && !isSampled(trace) ? traceId(trace) : undefined;
		if (held !== undefined) this.#held.partBegan(held);
		let isOver = false;
		const leave = () => {
			if (held !== undefined && !isOver) this.#held.partEnded(held);
			isOver = true;
		};
		const end = (after: HopDetails = nothing) => {
			if (isOver) return;
			leave();
			const endMs = startMs + this.#monotonicMs() - startedAt;
			this.#over(name, below, trace, { startMs, endMs }, together(before, after));
		};
		return { trace, end, leave };
	}

	record(name: HopName, below: Trace | undefined, times: HopTimes, details: PlacedHopDetails = nothing): void {
		const at = details.as ?? (below && this.below(below));
		if (at !== undefined) this.#over(name, below, at, times, details);
	}

	/** Whatever is wrong with a span is no trouble of the hop's. */
	#over(hop: HopName, below: Trace | undefined, at: Trace, times: HopTimes, details: HopDetails): void {
		try {
			this.#tell(hop, below, at, times, details);
		} catch (thrown) {
			this.#options.sink.lost(String(thrown));
		}
	}

	#tell(hop: HopName, below: Trace | undefined, at: Trace, times: HopTimes, details: HopDetails): void {
		const { observe, neighbours } = this.#options;
		const trace = traceId(at);
		const { neighbour, isLast } = hops[hop];
		const { of, attributes, failure, links = [] } = details;
		const isKept = failure !== undefined || isSampled(at) || this.#held.hasFailed(trace);
		observe(hop, seconds(times), isKept ? trace : undefined);
		const about = neighbour === undefined ? attributes : { ...neighbours[neighbour], ...attributes };
		this.#take({
			hop,
			name: of === undefined ? hop : hop === "request" ? of : `${hop} ${of}`,
			at: placeOf(at),
			below: below && placeOf(below),
			startMs: times.startMs,
			endMs: Math.max(times.startMs, times.endMs),
			attributes: failure === undefined ? (about ?? {}) : { ...about, "error.type": failure.code },
			failure: failure && { code: failure.code, message: failure.message },
			links: links.map(placeOf),
		});
		if (isLast) this.#held.forget(trace);
	}

	#take(span: Span): void {
		const { sink } = this.#options;
		const trace = traceId(span.at);
		if (span.failure !== undefined && !isSampled(span.at)) for (const held of this.#held.failed(trace)) sink.add(held);
		if (isSampled(span.at) || this.#held.hasFailed(trace)) sink.add(span);
		else this.#held.hold(span);
	}
}

/** Whole jobs and events are passed as traces. */
function placeOf({ traceparent }: Trace): Trace {
	return { traceparent };
}

function seconds({ startMs, endMs }: HopTimes): number {
	return Math.max(0, endMs - startMs) / 1000;
}

/** Mostly the one or the other says nothing. */
function together(before: HopDetails, after: HopDetails): HopDetails {
	if (after === nothing) return before;
	if (before === nothing) return after;
	return { ...before, ...after, attributes: { ...before.attributes, ...after.attributes } };
}
