/**
 * Exponential backoff with equal jitter: half of the doubled delay is certain, half is random, so that many who failed
 * together do not come back together. `attempt` counts failures, from 1. Source: M. Brooker, "Exponential Backoff And
 * Jitter", AWS Architecture Blog, 2015.
 */
export function backoffMs(attempt: number, firstMs: number, maxMs: number, random: () => number = Math.random): number {
	const delay = Math.min(maxMs, firstMs * 2 ** Math.min(attempt - 1, 52));
	return Math.round(delay / 2 + (delay / 2) * random());
}
