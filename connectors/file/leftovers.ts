import { readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { transient } from "#core/errors.ts";
import { temporaryDirectory } from "#domain/key-rules.ts";
import { displayPath, fsPath, type PathString } from "#domain/path.ts";

/** What is being written changes more often; what is older was left by a process that was killed. */
const longestPauseMs = 3_600_000;

/** Removes what was left in the temporary directory of one that is watched. */
export async function removeLeftovers(root: PathString): Promise<void> {
	const temporary = join(root, temporaryDirectory);
	for (const name of await readdir(temporary)) {
		const left = join(temporary, name);
		// Another host that shares the directory may have finished it.
		const found = await stat(left).catch(() => undefined);
		if (found?.isFile() === true && Date.now() - found.mtimeMs > longestPauseMs) await rm(left, { force: true });
	}
}

/**
 * A directory that is missing is a share that is away, and what is written in its place would be hidden when it comes back.
 *
 * @throws WatchRabbitError SOURCE_UNREACHABLE (transient)
 */
export async function requireDirectory(root: PathString): Promise<void> {
	const found = await stat(fsPath(root)).catch(() => undefined);
	if (found?.isDirectory() === true) return;
	throw transient("SOURCE_UNREACHABLE", `${displayPath(root)} is not there, or is no directory`, {
		fix: "Bring the share back: what is to be put there waits.",
	});
}
