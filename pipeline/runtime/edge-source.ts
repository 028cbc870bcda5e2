import type { Observable } from "rxjs";
import type { PathString } from "#domain/path.ts";
import type { SourceSettings } from "#domain/settings.ts";
import type { WatchMode } from "#domain/watch-mode.ts";

/** What the watch role needs of a file connector: hints that a directory moved, and a scan that finds out what did. */
export interface EdgeSource {
	readonly settings: SourceSettings;
	/** Directories (relative to the root, "" for it) in which something may have changed. Never the truth. */
	readonly hints$: Observable<PathString>;
	/** What its directory is to all hosts: two sources with the same one see the same files. May change: it is mounted later. */
	share(): Promise<string>;
	/** Another had it before this ledger was there: what had been there at the first start then is not new now. Milliseconds since the epoch. */
	startedFirst(at: number): void;
	/** How changes are noticed, with the reason. */
	readonly watching: WatchMode;
	/** Resolves when directories are watched and the first full scan is in the ledger. */
	start(): Promise<void>;
	/** Compares one directory with the ledger and writes down what differs. */
	scanDirectory(directory: PathString): Promise<void>;
	/** A full scan as soon as possible; resolves when it is done, or the source is closed. */
	rescan(): Promise<void>;
	close(): Promise<void>;
}
