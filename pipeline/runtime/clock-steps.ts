import type { Clock } from "#core/clock.ts";
import { pause } from "./persist.ts";

const lookEveryMs = 1_000;
/** Slewing moves a clock by less than this between two looks; what is more is a step. */
const smallestStepMs = 500;

/** Tells when the wall clock was set: its advance then differs from that of the clock that never steps. */
export async function watchClock(
	clock: Clock,
	signal: AbortSignal,
	stepped: (byMs: number) => Promise<void>,
): Promise<void> {
	let offset = clock.now() - clock.monotonic();
	while (!signal.aborted) {
		await pause(lookEveryMs, { clock, signal });
		const now = clock.now() - clock.monotonic();
		if (Math.abs(now - offset) >= smallestStepMs) await stepped(Math.round(now - offset));
		offset = now;
	}
}
