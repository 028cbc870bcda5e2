import { type FSWatcher, watch } from "chokidar";
import { asWatchRabbitError } from "#core/errors.ts";
import { isPortable, type PathString } from "#domain/path.ts";
import { absolute, type DirectoryWatcher, type WatchListener } from "./watcher.ts";

/**
 * chokidar's polling, for file systems that raise no events. It holds directories alone, every file is ignored: a
 * directory's own time tells what came, went or was renamed in it. What grows in place is found by the scans.
 */
export class PollWatcher implements DirectoryWatcher {
	readonly #root: PathString;
	readonly #chokidar: FSWatcher;
	/** Absolute path to relative one. */
	readonly #directories = new Map<string, PathString>();

	constructor(root: PathString, everyMs: number, listener: WatchListener) {
		this.#root = root;
		this.#chokidar = watch([], {
			backend: "polling",
			pollingInterval: everyMs,
			depth: 0,
			ignoreInitial: true,
			followSymlinks: false,
			ignored: (path) => !this.#directories.has(path),
		});
		this.#chokidar.on("raw", (_event, path) => {
			const directory = this.#directories.get(String(path));
			if (directory !== undefined) listener.hint(directory, undefined);
		});
		this.#chokidar.on("error", (error) => listener.lost(asWatchRabbitError(error)));
	}

	get size(): number {
		return this.#directories.size;
	}

	/** A name that is not UTF-8 cannot be given to chokidar: such a directory is left to the scans. */
	add(directory: PathString): void {
		this.remove(directory);
		const path = absolute(this.#root, directory);
		if (!isPortable(directory) || typeof path !== "string") return;
		this.#directories.set(path, directory);
		this.#chokidar.add(path);
	}

	remove(directory: PathString): void {
		const path = String(absolute(this.#root, directory));
		if (this.#directories.delete(path)) this.#chokidar.unwatch(path);
	}

	async close(): Promise<void> {
		await this.#chokidar.close();
	}
}
