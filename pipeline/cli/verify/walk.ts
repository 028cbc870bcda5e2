import { opendir } from "node:fs/promises";
import { fsPath, type PathString, pathFromBytes } from "#domain/path.ts";

/** A path that is no directory, or a directory that cannot be read. */
export type Found = { readonly path: PathString; readonly unreadable?: NodeJS.ErrnoException };

/** Everything below a root, relative to it; links are not followed. Directories are read one at a time. */
export async function* walk(root: PathString): AsyncGenerator<Found> {
	const open: PathString[] = [""];
	for (let directory = open.pop(); directory !== undefined; directory = open.pop()) {
		try {
			for await (const entry of await opendir(fsPath(join(root, directory)), {
				encoding: "buffer" as BufferEncoding,
			})) {
				const path = join(directory, pathFromBytes(entry.name as unknown as Buffer));
				if (entry.isDirectory()) open.push(path);
				else yield { path };
			}
		} catch (thrown) {
			const error = thrown as NodeJS.ErrnoException;
			if (directory === "") throw error;
			if (error.code !== "ENOENT") yield { path: directory, unreadable: error };
		}
	}
}

export function join(directory: PathString, name: PathString): PathString {
	if (directory === "") return name;
	return directory.endsWith("/") ? directory + name : `${directory}/${name}`;
}
