import type { HopAttributes, HopDetails, HopTimes } from "#core/ports/tracer.ts";
import type { Trace } from "#core/trace.ts";
import type { HopName } from "#domain/hops.ts";

/**
 * A hop that is over, as it goes to a collector. It is held, and copied to another thread: nothing is in it but what is
 * said here.
 */
export interface Span extends HopTimes {
	readonly hop: HopName;
	readonly name: string;
	/** Its own place ... */
	readonly at: Trace;
	/** ... and the one that it is below; a root is below none. */
	readonly below: Trace | undefined;
	readonly attributes: HopAttributes;
	readonly failure: HopDetails["failure"];
	readonly links: readonly Trace[];
}

/** Where spans go. Nobody waits for it, and what cannot be taken is counted there. */
export interface SpanSink {
	add(span: Span): void;
	/** One could not be made. */
	lost(why: string): void;
	/** Resolves within a second, with what could be told. */
	close(): Promise<void>;
}
