import { filter, map } from "rxjs";
import type { Envelope } from "#core/envelope.ts";
import type { Outcome } from "#core/outcome.ts";
import { Receipt } from "#core/receipt.ts";
import type { Stage } from "#core/stage.ts";

export interface DedupeOptions<T> {
	readonly key: (value: T) => string;
	/** How many delivered keys are remembered, the latest ones. What is forgotten passes again: the catalog is the truth. */
	readonly capacity: number;
}

/**
 * Lets each key pass once. A key that was delivered is delivered again without passing; while its first message is on
 * its way, a second one waits for that one's outcome. A key that came back as retry or was rejected may pass again.
 */
export function dedupe<T>({ key, capacity }: DedupeOptions<T>): Stage<T> {
	return (source$) => {
		const delivered = new Set<string>();
		/** By key: the receipts of those that came while the first was on its way. */
		const underWay = new Map<string, Receipt[]>();

		const remember = (id: string) => {
			delivered.add(id);
			if (delivered.size <= capacity) return;
			for (const oldest of delivered) {
				delivered.delete(oldest);
				break;
			}
		};
		const isFirst = ({ value, receipt }: Envelope<T>) => {
			const id = key(value);
			if (delivered.has(id)) {
				receipt.resolve();
				return false;
			}
			const waiting = underWay.get(id);
			if (waiting === undefined) return true;
			waiting.push(receipt);
			return false;
		};
		const followed = (envelope: Envelope<T>): Envelope<T> => {
			const id = key(envelope.value);
			const waiting: Receipt[] = [];
			underWay.set(id, waiting);
			const receipt = new Receipt((outcome: Outcome) => {
				underWay.delete(id);
				if (outcome.kind === "delivered") remember(id);
				envelope.receipt.resolve(outcome);
				for (const other of waiting) other.resolve(outcome);
			});
			return { ...envelope, receipt };
		};
		return source$.pipe(filter(isFirst), map(followed));
	};
}
