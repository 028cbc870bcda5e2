import type { Clock } from "#core/clock.ts";
import type { PathString } from "#domain/path.ts";
import type { Pace } from "./pace.ts";
import type { Scan } from "./scan.ts";

/** Directories read at once: as many as node:fs has threads. */
const directoriesAtOnce = 4;
/** How long a full scan keeps the scans of hints waiting. */
const longestTurnMs = 20;

export interface WalkContext {
	readonly clock: Clock;
	readonly signal: AbortSignal;
	readonly pace: Pace;
	/** A directory is read and written down by one at a time. */
	readonly exclusively: <T>(work: () => Promise<T>) => Promise<T>;
}

/**
 * Compares all of a source with the ledger, in turns between which hints are followed. Gives how many files the ledger does
 * not know afterwards; undefined when the signal came first.
 */
export async function walk(scan: Scan, { clock, signal, pace, exclusively }: WalkContext): Promise<number | undefined> {
	const open: PathString[] = [""];
	let missing = 0;
	while (open.length > 0) {
		if (signal.aborted) return undefined;
		const began = clock.monotonic();
		missing += await exclusively(() => walkSome(scan, open, clock));
		await pace.afterWork(clock.monotonic() - began);
	}
	await exclusively(async () => {
		await scan.forgetUnvisited();
		scan.flush();
	});
	return missing;
}

/** So many directories that what differs in them is worth a transaction, but no longer than a turn. */
async function walkSome(scan: Scan, open: PathString[], clock: Clock): Promise<number> {
	const ends = clock.monotonic() + longestTurnMs;
	do {
		const next = open.splice(-directoriesAtOnce);
		const below = await Promise.all(next.map((directory) => scan.whole(directory)));
		for (const directory of below.flat()) open.push(directory);
	} while (open.length > 0 && !scan.isFull && clock.monotonic() < ends);
	scan.flush();
	return await scan.missing();
}
