import { asyncScheduler, type SchedulerLike, type Subscription } from "rxjs";
import type { Envelope } from "#core/envelope.ts";
import { tornDown } from "#core/outcome.ts";
import { Receipt } from "#core/receipt.ts";
import { emit, type Stage, stage } from "#core/stage.ts";

export type BatchOptions<T> = {
	/** Full with so many messages. */
	readonly count?: number;
	/** How long the first of a batch waits for others. Always given: a batch larger than the credit would never be full. */
	readonly timeMs: number;
	readonly scheduler?: SchedulerLike;
} & (
	| {
			/** Full when its messages come to so many bytes or more. */
			readonly bytes: number;
			readonly sizeOf: (value: T) => number;
	  }
	| { readonly bytes?: undefined; readonly sizeOf?: undefined }
);

/**
 * Several messages as one, in their order, when they are enough or the first has waited long enough. Their receipts are
 * joined; the first one's trace goes on. On complete, what is held goes on at once.
 *
 * It holds credits in memory, so it is for moments. A batch that may be open for longer is a `group` of `once`.
 */
export function batch<T>(options: BatchOptions<T>): Stage<T, readonly T[]> {
	const {
		count = Number.POSITIVE_INFINITY,
		bytes = Number.POSITIVE_INFINITY,
		sizeOf = () => 0,
		timeMs,
		scheduler = asyncScheduler,
	} = options;
	return stage((outlet) => {
		let held: Envelope<T>[] = [];
		let heldBytes = 0;
		let timer: Subscription | undefined;

		const flush = () => {
			timer?.unsubscribe();
			timer = undefined;
			const [first] = held;
			if (first === undefined) return;
			const envelopes = held;
			held = [];
			heldBytes = 0;
			emit(outlet, {
				value: envelopes.map(({ value }) => value),
				receipt: Receipt.join(envelopes.map(({ receipt }) => receipt)),
				trace: first.trace,
			});
		};
		return {
			next: (envelope) => {
				heldBytes += sizeOf(envelope.value);
				held.push(envelope);
				if (held.length >= count || heldBytes >= bytes) flush();
				else timer ??= scheduler.schedule(flush, timeMs);
			},
			complete: () => {
				flush();
				outlet.complete();
			},
			release: () => {
				timer?.unsubscribe();
				for (const { receipt } of held.splice(0)) receipt.resolve(tornDown);
			},
		};
	});
}
