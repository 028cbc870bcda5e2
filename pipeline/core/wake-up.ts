import type { WatchRabbitError } from "./errors.ts";

/** Lets readers wait until there is something: they look again when a writer of this process rings, and now and then. */
export class WakeUp {
	readonly #waiting = new Set<() => void>();
	#closed: WatchRabbitError | undefined;

	/** Everybody who waits looks again. */
	ring(): void {
		for (const wake of this.#waiting) wake();
	}

	/** Everybody who waits, now or later, fails with `error`. */
	close(error: WatchRabbitError): void {
		this.#closed ??= error;
		this.ring();
	}

	/**
	 * What `look` finds: it is called at once, at every ring, and `everyMs` after the last time, for what changes without
	 * a ring (another process, time). Undefined once `signal` aborts; nothing is looked for after that.
	 */
	async find<T>(look: () => T | undefined, signal: AbortSignal, everyMs: number): Promise<T | undefined> {
		while (!signal.aborted) {
			if (this.#closed) throw this.#closed;
			const found = look();
			if (found !== undefined) return found;
			await this.#rung(signal, everyMs);
		}
		return undefined;
	}

	#rung(signal: AbortSignal, everyMs: number): Promise<void> {
		return new Promise((resolve) => {
			const wake = () => {
				clearTimeout(timer);
				signal.removeEventListener("abort", wake);
				this.#waiting.delete(wake);
				resolve();
			};
			const timer = setTimeout(wake, everyMs);
			signal.addEventListener("abort", wake, { once: true });
			this.#waiting.add(wake);
		});
	}
}
