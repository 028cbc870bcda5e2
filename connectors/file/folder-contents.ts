import type { FileStat } from "#domain/file-state.ts";
import type { PathString } from "#domain/path.ts";
import type { SourceSettings } from "#domain/settings.ts";
import { matchRule } from "#domain/watch-rules.ts";
import { isAbsent, look, namesIn, statOf } from "./listing.ts";
import { joinPath } from "./watcher.ts";

/** Directories are read in turn and their files looked at in parts, so that a run folder of any size holds up nobody. */
const partSize = 256;

/** Every file that the source takes below a folder, as it is now. What is gone meanwhile is not there. */
export async function filesIn(settings: SourceSettings, folder: PathString): Promise<Map<PathString, FileStat>> {
	const files = new Map<PathString, FileStat>();
	const open = [folder];
	for (let directory = open.pop(); directory !== undefined; directory = open.pop()) {
		const names = await namesOrNone(settings.watch, directory);
		for (let from = 0; from < names.length; from += partSize) {
			const paths = names.slice(from, from + partSize).map((name) => joinPath(directory as PathString, name));
			for (const [i, seen] of (await look(settings.watch, paths)).entries()) {
				const path = paths[i] as PathString;
				if (seen instanceof Error) continue;
				if (seen.isDirectory()) open.push(path);
				else if (seen.isFile() && matchRule(settings, path).include) files.set(path, statOf(seen));
			}
		}
	}
	return files;
}

async function namesOrNone(root: PathString, directory: PathString): Promise<readonly string[]> {
	try {
		return await namesIn(root, directory);
	} catch (thrown) {
		const { code } = thrown as NodeJS.ErrnoException;
		if (isAbsent(thrown) || code === "EACCES" || code === "EPERM") return [];
		throw thrown;
	}
}
