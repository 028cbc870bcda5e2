import { Receipt } from "#core/receipt.ts";
import { emit, type Stage, stage } from "#core/stage.ts";

export interface DedupeOptions<T> {
	readonly key: (value: T) => unknown;
	/** How many delivered keys are remembered: the latest ones. */
	readonly capacity: number;
}

/**
 * Lets each key pass once. One that was delivered is delivered again without passing; while its first message is on its
 * way, another waits for that one's outcome. A key that came back as retry, or was rejected, passes again: only what was
 * delivered is remembered.
 */
export function dedupe<T>({ key, capacity }: DedupeOptions<T>): Stage<T> {
	return stage((outlet) => {
		const remembered = new Recent(capacity);
		/** By key of what is on its way: the receipts of those that came after it. */
		const onTheirWay = new Map<unknown, Receipt[] | undefined>();
		return {
			next: (envelope) => {
				const id = key(envelope.value);
				const { receipt } = envelope;
				if (onTheirWay.has(id)) {
					const others = onTheirWay.get(id);
					if (others === undefined) onTheirWay.set(id, [receipt]);
					else others.push(receipt);
					return;
				}
				if (remembered.has(id)) {
					receipt.resolve();
					return;
				}
				onTheirWay.set(id, undefined);
				const tracked = new Receipt((outcome) => {
					const others = onTheirWay.get(id);
					onTheirWay.delete(id);
					if (outcome.kind === "delivered") remembered.add(id);
					receipt.resolve(outcome);
					if (others !== undefined) for (const other of others) other.resolve(outcome);
				});
				emit(outlet, { value: envelope.value, receipt: tracked, trace: envelope.trace });
			},
		};
	});
}

/** The last `capacity` keys that were added or asked for. */
class Recent {
	readonly #capacity: number;
	/** In the order of their last use. */
	readonly #keys = new Set<unknown>();
	/** Always before the oldest: beginning anew each time would walk over all that was ever removed. */
	readonly #oldest = this.#keys.values();

	constructor(capacity: number) {
		this.#capacity = capacity;
	}

	has(key: unknown): boolean {
		if (!this.#keys.delete(key)) return false;
		this.#keys.add(key);
		return true;
	}

	add(key: unknown): void {
		this.#keys.add(key);
		if (this.#keys.size > this.#capacity) this.#keys.delete(this.#oldest.next().value);
	}
}
