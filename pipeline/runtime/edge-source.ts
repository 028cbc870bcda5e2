import type { Observable } from "rxjs";
import type { PathString } from "#domain/path.ts";
import type { SourceSettings } from "#domain/settings.ts";
import type { WatchMode } from "#domain/watch-mode.ts";

/** What the watch role needs of a file connector: hints that a directory moved, and a scan that finds out what did. */
export interface EdgeSource {
	readonly settings: SourceSettings;
	/** Directories (relative to the root, "" for it) in which something may have changed. Never the truth. */
	readonly hints$: Observable<PathString>;
	/** How changes are noticed, with the reason. */
	readonly watching: WatchMode;
	/** Resolves when directories are watched and the first full scan is in the ledger. */
	start(): Promise<void>;
	/** Compares one directory with the ledger and writes down what differs. */
	scanDirectory(directory: PathString): Promise<void>;
	close(): Promise<void>;
}
