import { type BigIntStats, lstat, lstatSync, readdir } from "node:fs";
import type { FileStat } from "#domain/file-state.ts";
import type { PathString } from "#domain/path.ts";
import { nameFromLatin1 } from "./event-watcher.ts";
import { absolute } from "./watcher.ts";

/** The names in a directory, in the order of their bytes. */
export function namesIn(root: PathString, directory: PathString): Promise<PathString[]> {
	return new Promise((resolve, reject) => {
		// latin1 keeps every byte of a name in one character, and sorts as the bytes do.
		readdir(absolute(root, directory), { encoding: "latin1" }, (error, names) => {
			if (error) reject(error);
			else resolve(names.sort().map(nameFromLatin1));
		});
	});
}

/** What is at a path, links not followed; the system's error where that cannot be told. */
export type Seen = BigIntStats | NodeJS.ErrnoException;

/**
 * What a look at a local file takes is 2 µs of system call, and as much again to have it done in the pool of threads:
 * the main thread looks by itself for so long, and leaves the rest to the pool, also where the disk has to be asked.
 */
const byItselfMs = 2;

/** What is at each path now. `local`: on a file system that always answers. */
export function look(root: PathString, paths: readonly PathString[], local = false): Promise<readonly Seen[]> {
	const seen = new Array<Seen>(paths.length);
	const ends = performance.now() + (local ? byItselfMs : 0);
	let open = 0;
	while (open < paths.length && performance.now() < ends) {
		seen[open] = lookNow(absolute(root, paths[open] as PathString));
		open++;
	}
	return new Promise((resolve) => {
		let left = paths.length - open;
		// Others have their turn of the event loop, however many parts of a directory are looked at one after the other.
		if (left === 0) setImmediate(resolve, seen);
		for (; open < paths.length; open++) {
			const i = open;
			// The callback form: promises cost twice as much a file.
			lstat(absolute(root, paths[i] as PathString), { bigint: true }, (error, stats) => {
				seen[i] = error ?? stats;
				if (--left === 0) resolve(seen);
			});
		}
	});
}

function lookNow(path: string | Buffer): Seen {
	try {
		return lstatSync(path, { bigint: true });
	} catch (error) {
		return error as NodeJS.ErrnoException;
	}
}

export async function lookAt(root: PathString, path: PathString): Promise<Seen> {
	const [seen] = await look(root, [path]);
	return seen as Seen;
}

export function isAbsent(error: unknown): boolean {
	const code = (error as NodeJS.ErrnoException).code;
	return code === "ENOENT" || code === "ENOTDIR";
}

export function isNoDirectory(seen: Seen): boolean {
	return seen instanceof Error ? isAbsent(seen) : !seen.isDirectory();
}

export function statOf(stats: BigIntStats): FileStat {
	return { size: Number(stats.size), mtimeNs: stats.mtimeNs, ctimeNs: stats.ctimeNs, inode: stats.ino };
}
