import { statfsSync } from "node:fs";
import { transient } from "#core/errors.ts";

/** A program that ran out of room has used all of it but the last blocks. */
const noRoomBytes = 65_536;

/**
 * What was written into a directory whose disk is full cannot be trusted to be whole. R says so in many words, and where
 * a graphics device or compiled code writes, in none.
 *
 * @throws WatchRabbitError DISK_FULL (transient)
 */
export function checkRoom(directory: string): void {
	const { bsize, bavail, bfree } = statfsSync(directory);
	// Root may use what is kept back from others.
	const free = bsize * (process.getuid?.() === 0 ? bfree : bavail);
	if (free >= noRoomBytes) return;
	throw transient("DISK_FULL", `no space was left on the disk of ${directory} when the analysis ended`, {
		fix: "Make room on that file system; the job is run again by itself.",
	});
}
