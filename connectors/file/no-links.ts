import { lstatSync } from "node:fs";
import { join } from "node:path/posix";
import { permanent } from "#core/errors.ts";
import { displayPath, fsPath, type PathString } from "#domain/path.ts";

/**
 * Scans follow no links, so what lies behind one is not found again: whoever names a path below a directory names it
 * without.
 *
 * @throws WatchRabbitError PATH_THROUGH_LINK (permanent)
 */
export function refuseLinks(root: PathString, path: PathString): void {
	const [, ...parents] = path.split("/").reverse();
	let directory = root;
	for (const name of parents.reverse()) {
		directory = join(directory, name);
		const found = lstatSync(fsPath(directory), { throwIfNoEntry: false });
		if (found === undefined) return;
		if (!found.isSymbolicLink()) continue;
		throw permanent("PATH_THROUGH_LINK", `${displayPath(path)} leads through the link ${displayPath(directory)}`, {
			fix: "Name a file by its path in the directory that is watched: links in it are not followed.",
		});
	}
}
