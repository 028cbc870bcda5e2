import { type Clock, systemClock } from "./clock.ts";
import type { WatchRabbitError } from "./errors.ts";

/**
 * Lets readers wait until there may be something: they look again when a writer of this process rings, and now and then,
 * because another process cannot ring.
 */
export class WakeUp {
	readonly #waiting = new Set<() => void>();
	/** Since the last `wait`. */
	#rung = false;
	#closed: WatchRabbitError | undefined;

	/** Everybody who waits looks again. */
	ring(): void {
		this.#rung = true;
		for (const wake of this.#waiting) wake();
	}

	/** Everybody who waits to find something, now or later, fails with `error`. */
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
			await this.#nextRing(everyMs, systemClock, signal);
		}
		return undefined;
	}

	/**
	 * For one who looks by itself, and takes its time: resolves at a ring, also at one since it waited last, after `ms`, or
	 * when the signal aborts.
	 */
	async wait(ms: number, clock: Clock, signal: AbortSignal): Promise<void> {
		if (!this.#rung && !signal.aborted) await this.#nextRing(ms, clock, signal);
		this.#rung = false;
	}

	#nextRing(ms: number, clock: Clock, signal: AbortSignal): Promise<void> {
		return new Promise((resolve) => {
			const wake = () => {
				cancel();
				signal.removeEventListener("abort", wake);
				this.#waiting.delete(wake);
				resolve();
			};
			const cancel = clock.after(ms, wake);
			signal.addEventListener("abort", wake, { once: true });
			this.#waiting.add(wake);
		});
	}
}
