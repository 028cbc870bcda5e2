import { carry, type Envelope } from "#core/envelope.ts";
import { asWatchRabbitError, type WatchRabbitError } from "#core/errors.ts";
import { delivered, type Outcome, retry } from "#core/outcome.ts";
import { emit, type Stage, stage } from "#core/stage.ts";

export interface DeadLetterOptions<A, B> {
	/** Throws for a message that nobody can read. */
	readonly parse: (value: A) => B;
	/** Keeps it whole, with the reason; durable when it resolves. */
	readonly bury: (value: A, cause: WatchRabbitError) => Promise<void>;
}

/**
 * Messages that cannot be read are kept whole where a person sees them, and are then done; all others go on at once.
 * One that could not be buried is tried again. A burial under way is waited for on complete, and ends by itself when
 * the stage is torn down: its receipt follows.
 */
export function deadLetter<A, B>({ parse, bury }: DeadLetterOptions<A, B>): Stage<A, B> {
	return stage((outlet) => {
		let burying = 0;
		let completed = false;

		const keep = async ({ value, receipt }: Envelope<A>, cause: WatchRabbitError) => {
			let outcome: Outcome = delivered;
			try {
				await bury(value, cause);
			} catch (thrown) {
				outcome = retry(asWatchRabbitError(thrown));
			}
			receipt.resolve(outcome);
			burying--;
			if (completed && burying === 0) outlet.complete();
		};
		return {
			next: (envelope) => {
				let parsed: B;
				try {
					parsed = parse(envelope.value);
				} catch (thrown) {
					burying++;
					keep(envelope, asWatchRabbitError(thrown)).catch((broken) => outlet.error(broken));
					return;
				}
				emit(outlet, carry(envelope, parsed));
			},
			complete: () => {
				completed = true;
				if (burying === 0) outlet.complete();
			},
		};
	});
}
