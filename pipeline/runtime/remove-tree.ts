import { type Dir, opendirSync, rmSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";

/** So few entries are removed sooner on this thread than the thread pool is asked to. */
const fewEntries = 100;

/** Removes a directory on a local disk with all that is in it; one that is not there is no error. */
export async function removeTree(directory: string): Promise<void> {
	if (entriesUpTo(fewEntries, directory) < fewEntries) rmSync(directory, { recursive: true, force: true });
	else await rm(directory, { recursive: true, force: true, maxRetries: 5 });
}

/** How many entries there are below, counted no further than to `most`. */
function entriesUpTo(most: number, directory: string): number {
	const open = opened(directory);
	if (open === undefined) return 0;
	let count = 0;
	try {
		for (let entry = open.readSync(); entry !== null && count < most; entry = open.readSync()) {
			count += 1;
			if (entry.isDirectory()) count += entriesUpTo(most - count, join(directory, entry.name));
		}
	} finally {
		open.closeSync();
	}
	return count;
}

/** Undefined for what went meanwhile, or cannot be read: removing it tells. */
function opened(directory: string): Dir | undefined {
	try {
		return opendirSync(directory);
	} catch {
		return undefined;
	}
}
