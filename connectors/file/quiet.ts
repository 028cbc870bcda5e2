import type { FileStat } from "#domain/file-state.ts";

/** A file server's clock may differ by minutes; a change time that is older than this is old by any clock. */
const largestSkewMs = 3_600_000;

/**
 * Since when a file is at rest: milliseconds since the epoch, rounded up.
 *
 * On a local file system that is its change time: every write moves it, and nobody can set it, so a file copied in
 * with an old date is as young as it is, and one that rested while nobody watched is as old as it is. A change time
 * that is still to come (the clock was stepped back) counts as the moment when the change was noticed. On a shared
 * file system the change time is told by another machine's clock, so the moment of noticing counts, except for what
 * is old by any clock.
 */
export function atRestSince(stat: FileStat, noticedAt: number, now: number, shared: boolean): number {
	const changedAt = Number((stat.ctimeNs + 999_999n) / 1_000_000n);
	if (shared) return changedAt < now - largestSkewMs ? changedAt : noticedAt;
	return changedAt > now ? noticedAt : changedAt;
}
