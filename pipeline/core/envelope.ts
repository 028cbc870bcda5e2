import type { Receipt } from "./receipt.ts";
import type { Trace } from "./trace.ts";

/** A value on its way, with the duty to resolve it and the trace that it belongs to. */
export interface Envelope<T> {
	readonly value: T;
	readonly receipt: Receipt;
	readonly trace: Trace;
}

/** The same message with another value: duty and trace go on with it. */
export function carry<A, B>(envelope: Envelope<A>, value: B): Envelope<B> {
	return { value, receipt: envelope.receipt, trace: envelope.trace };
}
