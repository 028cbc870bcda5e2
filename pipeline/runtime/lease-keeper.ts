import type { Clock } from "#core/clock.ts";

/** Keeps a lease alive while its work goes on; says through `lost` that it is ours no more. */
export class LeaseKeeper {
	readonly #lost = new AbortController();
	readonly #beat: () => Promise<void>;
	#cancel = () => {};
	#isBeating = false;
	#ended = false;

	/** `keep` gives false when the lease was lost. A `keep` that throws is tried again: the lease may live longer than the fault. */
	constructor(keep: () => Promise<boolean>, everyMs: number, clock: Clock) {
		this.#beat = async () => {
			this.#isBeating = true;
			const ours = await keep().catch(() => true);
			this.#isBeating = false;
			if (this.#ended) return;
			if (ours) this.#cancel = clock.after(everyMs, this.#beat);
			else this.#lost.abort();
		};
		this.#cancel = clock.after(everyMs, this.#beat);
	}

	/** Somebody may have taken it away: it is kept now, and not only when its time has come. */
	look(): void {
		if (this.#ended || this.#isBeating || this.lost.aborted) return;
		this.#cancel();
		void this.#beat();
	}

	get lost(): AbortSignal {
		return this.#lost.signal;
	}

	end(): void {
		this.#ended = true;
		this.#cancel();
	}
}
