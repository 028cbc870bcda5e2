import type { Envelope } from "./envelope.ts";
import { asWatchRabbitError } from "./errors.ts";
import { failure, tornDown } from "./outcome.ts";
import { emit, type Stage, stage } from "./stage.ts";

/**
 * What takes its time with a message, and gives what goes on. May throw as long as the receipt is still its own: it
 * failed on this message alone, unless the error says that what it needs is unusable. The signal aborts when the stage
 * is torn down.
 */
type Work<A, B> = (envelope: Envelope<A>, signal: AbortSignal) => Promise<readonly Envelope<B>[]>;

/**
 * Work on one message after the other. On complete, all that came is still worked on. Torn down, what waits for its turn
 * is given back at once; what is under way ends by itself, and what it still gives is given back: the buffer of a
 * `concatMap` would be dropped.
 */
export function inOrder<A, B>(work: Work<A, B>): Stage<A, B> {
	return stage((outlet) => {
		const waiting: Envelope<A>[] = [];
		const ending = new AbortController();
		let working = false;
		let completed = false;

		const workOn = async (envelope: Envelope<A>) => {
			const { receipt } = envelope;
			try {
				for (const done of await work(envelope, ending.signal)) emit(outlet, done);
			} catch (thrown) {
				if (receipt.resolved) outlet.error(thrown);
				else if (asWatchRabbitError(thrown).unusable) {
					outlet.error(thrown);
					receipt.resolve(tornDown);
				} else receipt.resolve(failure(thrown));
			}
		};
		const goOn = async () => {
			working = true;
			for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) await workOn(next);
			working = false;
			if (completed) outlet.complete();
		};
		return {
			next: (envelope) => {
				waiting.push(envelope);
				if (!working) goOn().catch((broken) => outlet.error(broken));
			},
			complete: () => {
				completed = true;
				if (!working) outlet.complete();
			},
			release: () => {
				ending.abort();
				for (const { receipt } of waiting.splice(0)) receipt.resolve(tornDown);
			},
		};
	});
}
