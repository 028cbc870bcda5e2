import { Observable } from "rxjs";
import type { Envelope } from "#core/envelope.ts";
import { type Outcome, tornDown } from "#core/outcome.ts";
import { Receipt } from "#core/receipt.ts";
import type { Trace } from "#core/trace.ts";
import type { Credits } from "./credits.ts";

/** A message as it was drawn from where it waits. */
export interface Drawn<T> {
	readonly value: T;
	readonly trace: Trace;
	/** Told once what became of it, after its credit was given back. */
	readonly resolved: (outcome: Outcome) => void;
}

/** Waits for at least one message, gives at most `max`; empty only once the signal aborts. Failures that pass are its own matter. */
export type Draw<T> = (max: number, signal: AbortSignal) => Promise<readonly Drawn<T>[]>;

/** Messages drawn at once: enough to fill a transaction, few enough to keep the loop responsive. */
const largestDraw = 512;

/**
 * Reads only while credits are left. It never completes by itself: a stage graph that completes drops what is in
 * flight, so the runner owns the end. A draw that throws breaks the pipeline, unless it was
 * told to end.
 */
export function intake<T>(draw: Draw<T>, credits: Credits, signal: AbortSignal): Observable<Envelope<T>> {
	return new Observable((subscriber) => {
		const loop = async () => {
			while (!signal.aborted && !subscriber.closed) {
				await credits.some(signal);
				if (signal.aborted) return;
				const drawn = await draw(Math.min(credits.free, largestDraw), signal);
				credits.take(drawn.length);
				for (const { value, trace, resolved } of drawn) {
					const receipt = new Receipt((outcome) => {
						credits.give();
						resolved(outcome);
					});
					// What a draw under way still gives when the graph is taken down is fine, and comes again.
					if (subscriber.closed) receipt.resolve(tornDown);
					else subscriber.next({ value, receipt, trace });
				}
			}
		};
		loop().catch((error: unknown) => {
			if (!signal.aborted) subscriber.error(error);
		});
	});
}
