import { type BigIntStats, lstat, readdir } from "node:fs";
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

/** What is at each path now, links not followed; the system's error where that cannot be told. */
export function look(
	root: PathString,
	paths: readonly PathString[],
): Promise<readonly (BigIntStats | NodeJS.ErrnoException)[]> {
	return new Promise((resolve) => {
		const seen = new Array<BigIntStats | NodeJS.ErrnoException>(paths.length);
		let open = paths.length;
		if (open === 0) resolve(seen);
		for (const [i, path] of paths.entries()) {
			// The callback form: promises cost twice as much a file.
			lstat(absolute(root, path), { bigint: true }, (error, stats) => {
				seen[i] = error ?? stats;
				if (--open === 0) resolve(seen);
			});
		}
	});
}

export async function lookAt(root: PathString, path: PathString): Promise<BigIntStats | NodeJS.ErrnoException> {
	const [seen] = await look(root, [path]);
	return seen as BigIntStats | NodeJS.ErrnoException;
}

export function isAbsent(error: unknown): boolean {
	const code = (error as NodeJS.ErrnoException).code;
	return code === "ENOENT" || code === "ENOTDIR";
}

export function statOf(stats: BigIntStats): FileStat {
	return { size: Number(stats.size), mtimeNs: stats.mtimeNs, ctimeNs: stats.ctimeNs, inode: stats.ino };
}
