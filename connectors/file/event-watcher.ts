import { type FSWatcher, readFileSync, watch } from "node:fs";
import { asWatchRabbitError, transient, type WatchRabbitError } from "#core/errors.ts";
import { type PathString, pathFromBytes } from "#domain/path.ts";
import { absolute, type DirectoryWatcher, type WatchListener } from "./watcher.ts";

/** One `fs.watch` a directory: on Linux one inotify watch each, and nothing a file. */
export class EventWatcher implements DirectoryWatcher {
	readonly #root: PathString;
	readonly #listener: WatchListener;
	readonly #watches = new Map<PathString, FSWatcher>();
	readonly #onFlood = () => this.#listener.lost(floodError());

	constructor(root: PathString, listener: WatchListener) {
		this.#root = root;
		this.#listener = listener;
		flood.listeners.add(this.#onFlood);
	}

	get size(): number {
		return this.#watches.size;
	}

	add(directory: PathString): void {
		this.remove(directory);
		try {
			// latin1 keeps every byte of the name in one character.
			const watcher = watch(absolute(this.#root, directory), { encoding: "latin1" }, (_event, name) => {
				flood.count();
				this.#listener.hint(directory, name === null ? undefined : nameFromLatin1(name));
			});
			watcher.on("error", (error) => {
				this.remove(directory);
				this.#listener.lost(asWatchRabbitError(error));
			});
			this.#watches.set(directory, watcher);
		} catch (thrown) {
			throw watchLimit(thrown);
		}
	}

	remove(directory: PathString): void {
		this.#watches.get(directory)?.close();
		this.#watches.delete(directory);
	}

	async close(): Promise<void> {
		flood.listeners.delete(this.#onFlood);
		for (const watcher of this.#watches.values()) watcher.close();
		this.#watches.clear();
	}
}

const highBytes = /[\x80-\xff]/;

/** A name as node:fs gives it under the encoding "latin1". */
export function nameFromLatin1(name: string): PathString {
	return highBytes.test(name) ? pathFromBytes(Buffer.from(name, "latin1")) : name;
}

/**
 * inotify's queue is one for the whole process. When it is full the kernel drops events, and libuv drops the kernel's
 * word of it (IN_Q_OVERFLOW). But all that was queued then arrives within one turn of the event loop: so many events
 * in one turn mean that more may have been lost.
 */
const flood = {
	listeners: new Set<() => void>(),
	events: 0,
	count(): void {
		if (this.events++ === 0) {
			setImmediate(() => {
				this.events = 0;
			});
		}
		if (this.events === floodSize()) for (const listener of this.listeners) listener();
	},
};

let knownFloodSize: number | undefined;

/** Half of the queue: some of its events are of watches that were closed, and are not counted. */
function floodSize(): number {
	knownFloodSize ??= Math.floor(queuedEventsLimit() / 2);
	return knownFloodSize;
}

function queuedEventsLimit(): number {
	try {
		return Number(readFileSync("/proc/sys/fs/inotify/max_queued_events", "utf8")) || 16_384;
	} catch {
		return 16_384;
	}
}

function floodError(): WatchRabbitError {
	return transient("WATCH_FLOOD", "more events came at once than the kernel keeps, some may be lost: scanning all", {
		fix: "Nothing to do. If it comes often, raise fs.inotify.max_queued_events with sysctl.",
	});
}

function watchLimit(thrown: unknown): WatchRabbitError {
	const error = asWatchRabbitError(thrown);
	if (error.code !== "ENOSPC" && error.code !== "EMFILE") return error;
	const limit = error.code === "ENOSPC" ? "fs.inotify.max_user_watches" : "fs.inotify.max_user_instances";
	return transient("WATCH_LIMIT", `the system's limit of watches (${limit}) is reached`, {
		cause: thrown,
		fix: `Raise it: sysctl -w ${limit}=1048576 (and in /etc/sysctl.d); until then the rest of the tree is polled.`,
	});
}
