import type { Taken } from "#core/ports/throttle.ts";

/**
 * A token bucket as one number, the time at which it would be full if nobody took more (the theoretical arrival time of
 * the generic cell rate algorithm, ITU-T I.371): a token is there as long as that is no more than a full bucket ahead.
 *
 * @param full when the bucket is full, milliseconds; undefined: it is
 * @param perSecond tokens a second
 * @param burst tokens of a full bucket, at least 1
 * @returns what was taken, and the bucket's new number
 */
export function takeToken(full: number | undefined, now: number, perSecond: number, burst: number): [Taken, number] {
	const intervalMs = 1000 / perSecond;
	const capacityMs = burst * intervalMs;
	// No fuller than full: also where the clock was stepped back meanwhile.
	const before = Math.min(Math.max(full ?? now, now), now + capacityMs);
	const after = before + intervalMs;
	const overMs = after - now - capacityMs;
	// Half a microsecond: sums of tenths are not what they seem.
	const allowed = overMs <= 0.0005;
	const then = allowed ? after : before;
	const left = Math.max(0, Math.floor((capacityMs - (then - now)) / intervalMs + 1e-6));
	return [{ allowed, left, againInMs: allowed ? 0 : overMs, fullInMs: then - now }, then];
}
