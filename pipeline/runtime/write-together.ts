import { asyncScheduler, type SchedulerLike, type Subscription } from "rxjs";
import type { Envelope } from "#core/envelope.ts";
import { asWatchRabbitError, type WatchRabbitError } from "#core/errors.ts";
import { delivered, failure, type Outcome, rejected, tornDown } from "#core/outcome.ts";
import { type Stage, stage } from "#core/stage.ts";

export interface WriteTogetherOptions<T> {
	/** So many messages are written together at most. */
	readonly count: number;
	/** When nothing is being written, the first waits for others no longer than this. */
	readonly timeMs: number;
	/** Gives those that cannot be written, with the reason. The signal aborts when the pipeline is torn down. */
	readonly write: (values: readonly T[], signal: AbortSignal) => Promise<ReadonlyMap<T, WatchRabbitError>>;
	readonly scheduler?: SchedulerLike;
}

/**
 * The end of a pipeline: messages are written many at a time, one write after the other, and are delivered once they are
 * written. What comes while one is under way is written with the next: few together when it is quiet, many under
 * pressure. One that cannot be written is rejected, and alone.
 */
export function writeTogether<T extends object>(options: WriteTogetherOptions<T>): Stage<T, never> {
	const { count, timeMs, write, scheduler = asyncScheduler } = options;
	return stage((outlet) => {
		const waiting: Envelope<T>[] = [];
		const ending = new AbortController();
		let timer: Subscription | undefined;
		let writing = false;
		let completed = false;

		const writeSome = async (envelopes: readonly Envelope<T>[]) => {
			let outcomeOf: (envelope: Envelope<T>) => Outcome;
			try {
				const refused = await write(
					envelopes.map(({ value }) => value),
					ending.signal,
				);
				outcomeOf = ({ value }) => {
					const cause = refused.get(value);
					return cause === undefined ? delivered : rejected(cause);
				};
			} catch (thrown) {
				const broken = asWatchRabbitError(thrown).unusable === true;
				if (broken) outlet.error(thrown);
				outcomeOf = () => (broken || ending.signal.aborted ? tornDown : failure(thrown));
			}
			for (const envelope of envelopes) envelope.receipt.resolve(outcomeOf(envelope));
		};
		const goOn = async () => {
			timer?.unsubscribe();
			timer = undefined;
			writing = true;
			while (waiting.length > 0) await writeSome(waiting.splice(0, count));
			writing = false;
			if (completed) outlet.complete();
		};
		const begin = () => {
			goOn().catch((broken) => outlet.error(broken));
		};
		return {
			next: (envelope) => {
				waiting.push(envelope);
				if (writing) return;
				if (waiting.length >= count) begin();
				else timer ??= scheduler.schedule(begin, timeMs);
			},
			complete: () => {
				completed = true;
				if (!writing) begin();
			},
			release: () => {
				ending.abort();
				timer?.unsubscribe();
				for (const { receipt } of waiting.splice(0)) receipt.resolve(tornDown);
			},
		};
	});
}
