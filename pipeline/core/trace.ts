import { randomBytes } from "node:crypto";

/** W3C trace context carried by every envelope; the spans themselves are made in observability. */
export interface Trace {
	/** `00-<32 hex trace id>-<16 hex span id>-<2 hex flags>` */
	readonly traceparent: string;
}

/** A new trace, sampled. */
export function startTrace(): Trace {
	const id = randomBytes(24).toString("hex");
	return { traceparent: `00-${id.slice(0, 32)}-${id.slice(32)}-01` };
}

/** The 32 hex digits that name the trace in every tool. */
export function traceId(trace: Trace): string {
	return trace.traceparent.slice(3, 35);
}
