import type { WatchRabbitError } from "#core/errors.ts";
import { isPortable, type PathString, pathToBytes } from "#domain/path.ts";

/** Notices that directories move. Paths are relative to the root, "" for it. Nothing it says is the truth: a scan is. */
export interface DirectoryWatcher {
	/** Watches one directory, not what lies deeper; again renews the watch. @throws WatchRabbitError WATCH_LIMIT (transient) */
	add(directory: PathString): void;
	remove(directory: PathString): void;
	readonly size: number;
	close(): Promise<void>;
}

export interface WatchListener {
	/** Something changed in the directory: at `name`, if that is known. */
	hint(directory: PathString, name: PathString | undefined): void;
	/** Events may have been lost, nobody knows whose: only a full scan helps. */
	lost(why: WatchRabbitError): void;
}

export function joinPath(directory: PathString, name: PathString): PathString {
	return directory === "" ? name : `${directory}/${name}`;
}

/** What node:fs takes for a path below a root. */
export function absolute(root: PathString, path: PathString): string | Buffer {
	const whole = path === "" ? root : `${root}/${path}`;
	return isPortable(whole) ? whole : pathToBytes(whole);
}

export function parentOf(path: PathString): PathString {
	const slash = path.lastIndexOf("/");
	return slash < 0 ? "" : path.slice(0, slash);
}

export function nameOf(path: PathString): PathString {
	return path.slice(path.lastIndexOf("/") + 1);
}
