import type { Clock } from "#core/clock.ts";

/**
 * A hint that there may be something to do. Whoever waits looks at once when poked in the same process, and anyway
 * after a while, because the hint of another process never arrives.
 */
export class Poke {
	readonly #waiting = new Set<() => void>();
	#pending = false;

	poke(): void {
		this.#pending = true;
		for (const done of this.#waiting) done();
	}

	/** Resolves at a poke (also one that came since the last wait), after `ms`, or when the signal aborts. */
	async wait(ms: number, clock: Clock, signal: AbortSignal): Promise<void> {
		if (!this.#pending && !signal.aborted) {
			await new Promise<void>((resolve) => {
				const done = () => {
					cancel();
					this.#waiting.delete(done);
					signal.removeEventListener("abort", done);
					resolve();
				};
				const cancel = clock.after(ms, done);
				this.#waiting.add(done);
				signal.addEventListener("abort", done, { once: true });
			});
		}
		this.#pending = false;
	}
}
