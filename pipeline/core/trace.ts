import { createHash, randomBytes } from "node:crypto";

/** W3C trace context carried by every envelope; the spans themselves are made in observability. */
export interface Trace {
	/** `00-<32 hex trace id>-<16 hex span id>-<2 hex flags>` */
	readonly traceparent: string;
}

/** A new trace, sampled. */
export function startTrace(): Trace {
	return traceFrom(randomBytes(24).toString("hex"));
}

/** The trace of what is named so: the same for whoever asks, and whenever, so that it goes on after a restart. */
export function namedTrace(name: string): Trace {
	return traceFrom(createHash("sha256").update(name).digest("hex"));
}

function traceFrom(hex: string): Trace {
	return { traceparent: `00-${hex.slice(0, 32)}-${hex.slice(32, 48)}-01` };
}

/** The 32 hex digits that name the trace in every tool. */
export function traceId(trace: Trace): string {
	return trace.traceparent.slice(3, 35);
}

export function spanId(trace: Trace): string {
	return trace.traceparent.slice(36, 52);
}

const lastDigit = 54;
/** Asked of a million events a second: nothing is cut from the text. */
const oddDigits = new Set([..."13579bdf"].map((digit) => digit.charCodeAt(0)));

/** Whether spans of it are kept. */
export function isSampled(trace: Trace): boolean {
	return oddDigits.has(trace.traceparent.charCodeAt(lastDigit));
}

/** The same place with another flag. */
export function withSampled(trace: Trace, sampled: boolean): Trace {
	if (isSampled(trace) === sampled) return trace;
	return { traceparent: trace.traceparent.slice(0, 53) + (sampled ? "01" : "00") };
}

/** Another place in the same trace. */
export function withSpan({ traceparent }: Trace, span: string): Trace {
	return { traceparent: traceparent.slice(0, 36) + span + traceparent.slice(52) };
}

const form = /^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/;

/** What others sent: undefined where it is no trace context. */
export function traceIn(text: string | undefined): Trace | undefined {
	return text !== undefined && form.test(text) ? { traceparent: text } : undefined;
}
