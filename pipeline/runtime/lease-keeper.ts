import type { Clock } from "#core/clock.ts";

/** Keeps a lease alive while its work goes on; says through `lost` that it is ours no more. */
export class LeaseKeeper {
	readonly #lost = new AbortController();
	#cancel = () => {};
	#ended = false;

	/** `keep` gives false when the lease was lost. A `keep` that throws is tried again: the lease may live longer than the fault. */
	constructor(keep: () => Promise<boolean>, everyMs: number, clock: Clock) {
		const beat = async () => {
			const ours = await keep().catch(() => true);
			if (this.#ended) return;
			if (ours) this.#cancel = clock.after(everyMs, beat);
			else this.#lost.abort();
		};
		this.#cancel = clock.after(everyMs, beat);
	}

	get lost(): AbortSignal {
		return this.#lost.signal;
	}

	end(): void {
		this.#ended = true;
		this.#cancel();
	}
}
