import { concatMap, from, ignoreElements, type Observable, of } from "rxjs";
import { carry, type Envelope } from "#core/envelope.ts";
import { asWatchRabbitError, type WatchRabbitError } from "#core/errors.ts";
import { delivered, type Outcome, retry } from "#core/outcome.ts";
import type { Stage } from "#core/stage.ts";

export interface DeadLetterOptions<A, B> {
	/** Throws for a message that nobody can read. */
	readonly parse: (value: A) => B;
	/** Keeps it whole, with the reason. */
	readonly bury: (value: A, cause: WatchRabbitError) => Promise<void>;
}

/** Messages that cannot be read are kept whole where a person sees them, and are then done; all others go on, in order. */
export function deadLetter<A, B>({ parse, bury }: DeadLetterOptions<A, B>): Stage<A, B> {
	return concatMap((envelope: Envelope<A>): Observable<Envelope<B>> => {
		try {
			return of(carry(envelope, parse(envelope.value)));
		} catch (thrown) {
			const buried = bury(envelope.value, asWatchRabbitError(thrown)).then(
				() => delivered,
				(failure: unknown): Outcome => retry(asWatchRabbitError(failure)),
			);
			return from(buried.then((outcome) => envelope.receipt.resolve(outcome))).pipe(ignoreElements());
		}
	});
}
