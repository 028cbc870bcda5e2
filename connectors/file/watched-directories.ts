import type { BigIntStats } from "node:fs";
import { asWatchRabbitError, type WatchRabbitError } from "#core/errors.ts";
import type { PathString } from "#domain/path.ts";
import type { SourceSettings } from "#domain/settings.ts";
import type { WatchMode } from "#domain/watch-mode.ts";
import { EventWatcher } from "./event-watcher.ts";
import { watchMode } from "./file-system-type.ts";
import { isAbsent } from "./listing.ts";
import { PollWatcher } from "./poll-watcher.ts";
import { absolute, type DirectoryWatcher, joinPath, nameOf, parentOf, type WatchListener } from "./watcher.ts";

interface WatchedDirectory {
	/** Changes when another directory takes the name: a watch belongs to the directory, not to its name. */
	readonly identity: string;
	readonly mode: WatchMode["mode"];
	readonly children: Set<string>;
}

/** The directories of a source, each with a watch that fits the file system it lies on. */
export class WatchedDirectories {
	readonly #settings: SourceSettings;
	readonly #listener: WatchListener;
	readonly #onLimit: (error: WatchRabbitError) => void;
	readonly #known = new Map<PathString, WatchedDirectory>();
	readonly #modes = new Map<bigint, WatchMode>();
	readonly #watchers: { events?: DirectoryWatcher; poll?: DirectoryWatcher } = {};
	#limit: WatchRabbitError | undefined;

	constructor(settings: SourceSettings, listener: WatchListener, onLimit: (error: WatchRabbitError) => void) {
		this.#settings = settings;
		this.#listener = listener;
		this.#onLimit = onLimit;
	}

	get size(): number {
		return this.#known.size;
	}

	/** How the root is watched, and whether a limit or a mount point makes that differ further down. */
	get mode(): WatchMode {
		const [root] = this.#modes.values();
		if (root === undefined) return { mode: "poll", why: "the directory cannot be reached yet" };
		const polled = root.mode === "events" ? (this.#watchers.poll?.size ?? 0) : 0;
		if (polled === 0) return root;
		const reason = this.#limit ? this.#limit.message : "another file system is mounted there";
		return { mode: root.mode, why: `${root.why}; ${polled} directories are polled: ${reason}` };
	}

	has(directory: PathString): boolean {
		return this.#known.has(directory);
	}

	/** Whether others write there whom this kernel does not see, with a clock of their own. */
	isShared(directory: PathString): boolean {
		return this.#known.get(directory)?.mode === "poll";
	}

	childrenOf(directory: PathString): ReadonlySet<string> {
		return this.#known.get(directory)?.children ?? none;
	}

	/** Watches a directory, unless it is watched already and still the same. To be called before it is read. */
	async enter(directory: PathString, stats: BigIntStats): Promise<void> {
		const identity = `${stats.dev}:${stats.ino}:${stats.birthtimeNs}`;
		const known = this.#known.get(directory);
		if (known?.identity === identity) return;
		const { mode } = await this.#modeOf(directory, stats.dev);
		if (known !== undefined) this.leave(directory);
		this.#known.set(directory, { identity, mode, children: new Set() });
		if (directory !== "") this.#known.get(parentOf(directory))?.children.add(nameOf(directory));
		this.#watch(directory, mode);
	}

	/** Ends the watches of a directory and of all below it. */
	leave(directory: PathString): void {
		const known = this.#known.get(directory);
		if (known === undefined) return;
		for (const child of known.children) this.leave(joinPath(directory, child));
		this.#known.delete(directory);
		if (directory !== "") this.#known.get(parentOf(directory))?.children.delete(nameOf(directory));
		this.#watchers.events?.remove(directory);
		this.#watchers.poll?.remove(directory);
	}

	async close(): Promise<void> {
		await Promise.all([this.#watchers.events?.close(), this.#watchers.poll?.close()]);
		this.#known.clear();
	}

	async #modeOf(directory: PathString, device: bigint): Promise<WatchMode> {
		const known = this.#modes.get(device);
		if (known !== undefined) return known;
		const mode = await watchMode(absolute(this.#settings.watch, directory), this.#settings.mode);
		this.#modes.set(device, mode);
		return mode;
	}

	#watch(directory: PathString, mode: WatchMode["mode"]): void {
		if (mode === "poll") {
			this.#poller().add(directory);
			return;
		}
		try {
			this.#watchers.events ??= new EventWatcher(this.#settings.watch, this.#listener);
			this.#watchers.events.add(directory);
		} catch (thrown) {
			// Gone or unreadable: the scan that follows sees it as well, and says so.
			if (isAbsent(thrown)) return;
			this.#poller().add(directory);
			const error = asWatchRabbitError(thrown);
			if (error.code !== "WATCH_LIMIT" || this.#limit !== undefined) return;
			this.#limit = error;
			this.#onLimit(error);
		}
	}

	#poller(): DirectoryWatcher {
		const { watch, pollEveryMs } = this.#settings;
		this.#watchers.poll ??= new PollWatcher(watch, pollEveryMs, this.#listener);
		return this.#watchers.poll;
	}
}

const none: ReadonlySet<string> = new Set();
