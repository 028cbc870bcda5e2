import { asyncScheduler, Observable, type SchedulerLike, Subscription } from "rxjs";
import type { Envelope } from "#core/envelope.ts";
import { Receipt } from "#core/receipt.ts";
import type { Stage } from "#core/stage.ts";
import { tornDown } from "./torn-down.ts";

export interface CoalesceOptions<T> {
	readonly key: (value: T) => unknown;
	/** At most one message of a key passes in so many milliseconds. */
	readonly everyMs: number;
	readonly scheduler?: SchedulerLike;
}

/**
 * A burst of one key becomes its first message, at once, and its last. The receipts of those between join the last
 * one's, so that nobody acknowledges what nobody has looked at.
 */
export function coalesce<T>({ key, everyMs, scheduler = asyncScheduler }: CoalesceOptions<T>): Stage<T> {
	return (source$) =>
		new Observable<Envelope<T>>((subscriber) => {
			/** By key, while its window is open: the envelopes since it opened. */
			const windows = new Map<unknown, Envelope<T>[]>();
			const timers = new Subscription();
			let completed = false;

			const open = (of: unknown) => {
				windows.set(of, []);
				const timer = scheduler.schedule(() => {
					timers.remove(timer);
					close(of);
				}, everyMs);
				timers.add(timer);
			};
			const close = (of: unknown) => {
				const held = windows.get(of) ?? [];
				windows.delete(of);
				if (held.length > 0) {
					open(of);
					subscriber.next(joined(held));
				}
				if (completed && ![...windows.values()].some(({ length }) => length > 0)) subscriber.complete();
			};

			const tearDown = () => {
				timers.unsubscribe();
				for (const held of windows.values()) for (const { receipt } of held) receipt.resolve(tornDown);
				windows.clear();
			};
			const subscription = source$.subscribe({
				next: (envelope) => {
					const of = key(envelope.value);
					const held = windows.get(of);
					if (held !== undefined) {
						held.push(envelope);
						return;
					}
					open(of);
					subscriber.next(envelope);
				},
				error: (error: unknown) => subscriber.error(error),
				complete: () => {
					completed = true;
					if (![...windows.values()].some(({ length }) => length > 0)) subscriber.complete();
				},
			});
			return () => {
				subscription.unsubscribe();
				tearDown();
			};
		});
}

function joined<T>(held: readonly Envelope<T>[]): Envelope<T> {
	const last = held[held.length - 1] as Envelope<T>;
	if (held.length === 1) return last;
	return { ...last, receipt: Receipt.join(held.map(({ receipt }) => receipt)) };
}
