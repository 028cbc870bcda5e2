import type { HopName } from "#domain/hops.ts";
import type { Trace } from "../trace.ts";

/** By the names of OpenTelemetry's conventions where there is one, else `watchrabbit.…`. What is undefined is left out. */
export type HopAttributes = Readonly<Record<string, string | number | boolean | undefined>>;

export interface HopDetails {
	/** Which of several with the same name: a stage's, a request's. */
	readonly of?: string;
	readonly attributes?: HopAttributes;
	/** It failed: its trace is kept whatever sampling says. */
	readonly failure?: { readonly code: string; readonly message: string };
	/** Of other traces what it was made of, or asked by. */
	readonly links?: readonly Trace[];
}

export interface PlacedHopDetails extends HopDetails {
	/** Its own place, where others know it. */
	readonly as?: Trace;
}

/** Milliseconds since the epoch, with fractions. */
export interface HopTimes {
	readonly startMs: number;
	readonly endMs: number;
}

/** A hop that goes on. */
export interface Hop {
	/** What happens inside of it, here or in another process, happens below this. */
	readonly trace: Trace;
	/** Once: a second call does nothing. */
	end(details?: HopDetails): void;
	/** Instead of its end: another tells of it, or nobody does. */
	leave(): void;
}

/** Measures the hops on the way of an acquisition, and makes the spans of its trace. Never throws, and holds nobody up. */
export interface Tracer {
	/** Whether spans are made: what is done for them alone can be left where they are not. */
	readonly on: boolean;
	/** Wall-clock time for hops that are told of when they are over; of one process in order also within a millisecond. */
	now(): number;
	/** Where a trace begins: whether it is kept, in its flag from then on. `root`: its first hop; of each kind so many are kept. */
	sampled(trace: Trace, root: HopName): Trace;
	/** A place below a trace for a hop that is told of later, when others have long been below it. */
	below(trace: Trace): Trace;
	begin(name: HopName, below: Trace, details?: PlacedHopDetails): Hop;
	/** A hop that is over; a root has no `below`. */
	record(name: HopName, below: Trace | undefined, times: HopTimes, details?: PlacedHopDetails): void;
}

/** Neither measures nor makes spans. */
export const untraced: Tracer = {
	on: false,
	now: Date.now,
	sampled: (trace) => trace,
	below: (trace) => trace,
	begin: (_, trace) => ({ trace, end() {}, leave() {} }),
	record() {},
};
