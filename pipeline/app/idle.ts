import type { Clock } from "#core/clock.ts";
import { pause } from "#runtime/persist.ts";

const lookEveryMs = 100;

/**
 * Resolves when `idle` has held for `quietMs` without a break: a file that is still being written shows itself within
 * its source's quiet time. Resolves as well when the signal aborts.
 */
export async function untilIdle(
	idle: () => Promise<boolean>,
	quietMs: number,
	clock: Clock,
	signal: AbortSignal,
): Promise<void> {
	let since = clock.monotonic();
	while (!signal.aborted && clock.monotonic() - since < quietMs) {
		await pause(lookEveryMs, { clock, signal }).catch(() => {});
		const still = await idle().catch((thrown: unknown) => {
			if (signal.aborted) return false;
			throw thrown;
		});
		if (!still) since = clock.monotonic();
	}
}
