import { asyncScheduler, Observable, type SchedulerLike, type Subscription } from "rxjs";
import type { Envelope } from "#core/envelope.ts";
import { Receipt } from "#core/receipt.ts";
import type { Stage } from "#core/stage.ts";
import { tornDown } from "./torn-down.ts";

export interface BatchOptions {
	readonly count: number;
	/** How long the first of a batch waits for others, milliseconds. Without it, a batch larger than the credit would stall. */
	readonly timeMs: number;
	readonly scheduler?: SchedulerLike;
}

/** Several messages as one, in their order: full, or when its time is over. Their receipts are joined; the first one's trace goes on. */
export function batch<T>({ count, timeMs, scheduler = asyncScheduler }: BatchOptions): Stage<T, readonly T[]> {
	return (source$) =>
		new Observable<Envelope<readonly T[]>>((subscriber) => {
			let held: Envelope<T>[] = [];
			let timer: Subscription | undefined;

			const flush = () => {
				timer?.unsubscribe();
				timer = undefined;
				const [first] = held;
				if (first === undefined) return;
				const envelopes = held;
				held = [];
				subscriber.next({
					value: envelopes.map(({ value }) => value),
					receipt: Receipt.join(envelopes.map(({ receipt }) => receipt)),
					trace: first.trace,
				});
			};
			const subscription = source$.subscribe({
				next: (envelope) => {
					held.push(envelope);
					if (held.length >= count) flush();
					else timer ??= scheduler.schedule(flush, timeMs);
				},
				error: (error: unknown) => subscriber.error(error),
				complete: () => {
					flush();
					subscriber.complete();
				},
			});
			return () => {
				subscription.unsubscribe();
				timer?.unsubscribe();
				for (const { receipt } of held.splice(0)) receipt.resolve(tornDown);
			};
		});
}
