/**
 * Every path that exists on disk is in exactly one of these states. Stored: complete, and put into the archive of its source;
 * verified once it was read back from there, and published.
 */
export const fileStates = [
	"seen",
	"settling",
	"settled",
	"stored",
	"verified",
	"analysed",
	"ignored",
	"quarantined",
] as const;

export type FileState = (typeof fileStates)[number];

/** Found complete, hashed and published: what the ledger notes of it is what must be there. */
export const settledStates = ["settled", "verified", "analysed"] as const satisfies readonly FileState[];

/** Not published in the version that is there: more is to come of it. */
export function isOpen(state: FileState | undefined): boolean {
	return state === "seen" || state === "settling" || state === "stored";
}

export function hasSettled(state: FileState): boolean {
	return (settledStates as readonly FileState[]).includes(state);
}

/** What a stat says that may tell one version of a file from another. Times in nanoseconds since the epoch. */
export interface FileStat {
	readonly size: number;
	readonly mtimeNs: bigint;
	readonly ctimeNs: bigint;
	readonly inode: bigint;
}

/** Same file, same content as far as a stat can tell. ctime is in it because nobody can set it: a rewrite with the old date shows. */
export function sameStat(a: FileStat, b: FileStat): boolean {
	return a.size === b.size && a.mtimeNs === b.mtimeNs && a.ctimeNs === b.ctimeNs && a.inode === b.inode;
}

/** When the last of some files changed, by the dates that the instrument gave them; where that is still to come, when it came to be here. */
export function lastChangeOf(files: readonly FileStat[], now: number): number {
	const changes = files.map(({ mtimeNs, ctimeNs }) => {
		const [writtenAt, arrivedAt] = [mtimeNs, ctimeNs].map((ns) => Number(ns / 1_000_000n)) as [number, number];
		return writtenAt <= now ? writtenAt : Math.min(arrivedAt, now);
	});
	return changes.reduce((latest, at) => Math.max(latest, at), Number.NEGATIVE_INFINITY);
}
