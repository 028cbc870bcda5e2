import { fault } from "./errors.ts";
import { delivered, type Outcome, worse } from "./outcome.ts";

/**
 * The duty to say, exactly once, what became of a message.
 *
 * A receipt is resolved by whoever finishes with the message; `fork` hands the duty to several successors,
 * `join` puts several duties into one hand. Resolving twice is a fault in the program, never a condition of the
 * data, and throws: an acknowledgement that was already given cannot be taken back.
 */
export class Receipt {
	/** Undefined once it is resolved. */
	#onResolve: ((outcome: Outcome) => void) | undefined;

	constructor(onResolve: (outcome: Outcome) => void) {
		this.#onResolve = onResolve;
	}

	get resolved(): boolean {
		return this.#onResolve === undefined;
	}

	/** @throws WatchRabbitError RECEIPT_RESOLVED_TWICE */
	resolve(outcome: Outcome = delivered): void {
		const onResolve = this.#onResolve;
		if (onResolve === undefined) throw fault("RECEIPT_RESOLVED_TWICE", `receipt resolved again as ${outcome.kind}`);
		this.#onResolve = undefined;
		onResolve(outcome);
	}

	/** `n` children; this receipt resolves after the last of them, with the worst of their outcomes. `n` of 0 delivers at once. */
	fork(n: number): Receipt[] {
		if (n === 1) return [this];
		if (n === 0) {
			this.resolve();
			return [];
		}
		let open = n;
		let worst = delivered;
		const settle = (outcome: Outcome) => {
			worst = worse(worst, outcome);
			if (--open === 0) this.resolve(worst);
		};
		return Array.from({ length: n }, () => new Receipt(settle));
	}

	/** One receipt for several: each of them is resolved with its outcome. */
	static join(receipts: readonly Receipt[]): Receipt {
		const [only] = receipts;
		if (only !== undefined && receipts.length === 1) return only;
		return new Receipt((outcome) => {
			for (const receipt of receipts) receipt.resolve(outcome);
		});
	}
}
