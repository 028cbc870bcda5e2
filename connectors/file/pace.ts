import type { Clock } from "#core/clock.ts";

/** Pauses below this are collected: a timer is no finer. */
const shortestPauseMs = 20;

/** Bounds the share of one core that a long task takes: it rests in proportion to the time it worked. */
export class Pace {
	readonly #clock: Clock;
	readonly #restPerWork: number;
	readonly #signal: AbortSignal;
	#owedMs = 0;

	/** `share` of 1 never rests. */
	constructor(clock: Clock, share: number, signal: AbortSignal) {
		this.#clock = clock;
		this.#restPerWork = 1 / share - 1;
		this.#signal = signal;
	}

	async afterWork(workedMs: number): Promise<void> {
		this.#owedMs += workedMs * this.#restPerWork;
		if (this.#owedMs < shortestPauseMs) return;
		const restMs = this.#owedMs;
		this.#owedMs = 0;
		await rest(restMs, this.#clock, this.#signal);
	}
}

/** Waits; ends early when the signal aborts. */
export function rest(ms: number, clock: Clock, signal: AbortSignal): Promise<void> {
	return new Promise((resolve) => {
		if (signal.aborted) return resolve();
		const done = () => {
			cancel();
			signal.removeEventListener("abort", done);
			resolve();
		};
		const cancel = clock.after(ms, done);
		signal.addEventListener("abort", done, { once: true });
	});
}
