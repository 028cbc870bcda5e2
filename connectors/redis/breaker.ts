import type { Clock } from "#core/clock.ts";

/** Failures in a row that open it. */
const patience = 3;
const firstPauseMs = 250;
const longestPauseMs = 5_000;

/**
 * A circuit breaker: whoever calls a neighbour that fails, fails at once instead of waiting.
 *
 * Closed, every call is made. After `patience` failures in a row it opens: no call is made for a pause, which doubles up
 * to `longestPauseMs` each time. After the pause it lets one call through, the probe, and nobody else until that one has
 * ended: if it succeeds the breaker closes, else it is open again.
 */
export class Breaker {
	readonly #clock: Clock;
	#failures = 0;
	#pauseMs = firstPauseMs;
	/** By the monotonic clock; undefined while it is closed. */
	#openUntil: number | undefined;

	constructor(clock: Clock) {
		this.#clock = clock;
	}

	get open(): boolean {
		return this.#openUntil !== undefined;
	}

	/** Whether a call may be made now; who is told so says how it ended. */
	allows(): boolean {
		if (this.#openUntil === undefined) return true;
		const now = this.#clock.monotonic();
		if (now < this.#openUntil) return false;
		this.#openUntil = now + this.#pauseMs;
		return true;
	}

	/** In a row. */
	get failures(): number {
		return this.#failures;
	}

	/** How long it will be open. */
	get pauseMs(): number {
		return this.#pauseMs;
	}

	/** True: it was open. */
	succeeded(): boolean {
		const wasOpen = this.open;
		this.#failures = 0;
		this.#openUntil = undefined;
		this.#pauseMs = firstPauseMs;
		return wasOpen;
	}

	/** True: it has opened. */
	failed(): boolean {
		const wasOpen = this.open;
		if (++this.#failures < patience) return false;
		if (wasOpen) this.#pauseMs = Math.min(longestPauseMs, this.#pauseMs * 2);
		this.#openUntil = this.#clock.monotonic() + this.#pauseMs;
		return !wasOpen;
	}

	/** The neighbour was seen to be there: the next call is made at once. */
	probe(): void {
		if (this.#openUntil !== undefined) this.#openUntil = Number.NEGATIVE_INFINITY;
	}
}
