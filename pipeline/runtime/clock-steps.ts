import type { Clock } from "#core/clock.ts";
import { pause } from "./persist.ts";

const lookEveryMs = 1_000;
/** Slewing moves a clock by less than this between two looks; what is more is a step. */
const smallestStepMs = 500;

/** Tells when the wall clock was set: its advance then differs from that of the clock that never steps. */
export class ClockSteps {
	readonly #clock: Clock;
	#offsetMs: number;

	constructor(clock: Clock) {
		this.#clock = clock;
		this.#offsetMs = clock.now() - clock.monotonic();
	}

	/** By how much it was set since the last look; 0: it was not. */
	look(): number {
		const offsetMs = this.#clock.now() - this.#clock.monotonic();
		const byMs = Math.round(offsetMs - this.#offsetMs);
		this.#offsetMs = offsetMs;
		return Math.abs(byMs) >= smallestStepMs ? byMs : 0;
	}
}

/** Calls `stepped` each time that the wall clock was set. */
export async function watchClock(
	clock: Clock,
	signal: AbortSignal,
	stepped: (byMs: number) => Promise<void>,
): Promise<void> {
	const steps = new ClockSteps(clock);
	while (!signal.aborted) {
		await pause(lookEveryMs, { clock, signal });
		const byMs = steps.look();
		if (byMs !== 0) await stepped(byMs);
	}
}
