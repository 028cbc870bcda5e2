import { map, pipe } from "rxjs";
import type { Envelope } from "#core/envelope.ts";
import type { WatchRabbitError } from "#core/errors.ts";
import { inOrder } from "#core/in-order.ts";
import { rejected } from "#core/outcome.ts";
import { Receipt } from "#core/receipt.ts";
import type { Stage } from "#core/stage.ts";
import { batch } from "#stages/batch.ts";

export interface WriteTogetherOptions<T> {
	/** So many messages are written together at most, and the first waits for others no longer than `timeMs`. */
	readonly count: number;
	readonly timeMs: number;
	/** Gives those that cannot be written, with the reason. The signal aborts when the pipeline is torn down. */
	readonly write: (values: readonly T[], signal: AbortSignal) => Promise<ReadonlyMap<T, WatchRabbitError>>;
}

/**
 * The end of a pipeline: messages are written many at a time, one batch after the other, and are delivered once they are
 * written. One that cannot be written is rejected, and alone.
 */
export function writeTogether<T extends object>({ count, timeMs, write }: WriteTogetherOptions<T>): Stage<T, never> {
	return pipe(
		map(withOwnReceipt),
		batch<Envelope<T>>({ count, timeMs }),
		inOrder<readonly Envelope<T>[], never>(async ({ value, receipt }, signal) => {
			const refused = await write(
				value.map((envelope) => envelope.value),
				signal,
			);
			for (const envelope of value) {
				const cause = refused.get(envelope.value);
				if (cause !== undefined) envelope.receipt.resolve(rejected(cause));
			}
			receipt.resolve();
			return [];
		}),
	);
}

/** A batch joins the receipts of its messages: one that was resolved before does not follow the others. */
function withOwnReceipt<T>(envelope: Envelope<T>): Envelope<Envelope<T>> {
	const { receipt, trace } = envelope;
	const follower = new Receipt((outcome) => {
		if (!receipt.resolved) receipt.resolve(outcome);
	});
	return { value: envelope, receipt: follower, trace };
}
