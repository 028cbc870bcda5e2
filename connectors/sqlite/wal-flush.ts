import { type FileHandle, open } from "node:fs/promises";
import { SharedTurn } from "#core/shared-turn.ts";

/**
 * Flushes a database's write-ahead log off the main thread, once for all who ask at a time.
 *
 * With `synchronous=NORMAL` SQLite itself flushes the log only before a checkpoint; a commit followed by this flush is
 * as durable as one under FULL, and blocks nobody. A second descriptor of the log is safe: SQLite's locks are on the
 * other two files, and POSIX drops a process's locks on a file when it closes any descriptor of it.
 */
export class WalFlush {
	readonly #file: string;
	readonly #turns = new SharedTurn(() => this.#flush());
	#handle: FileHandle | undefined;

	constructor(databaseFile: string) {
		this.#file = `${databaseFile}-wal`;
	}

	/** Resolves when all that was committed before the call is on disk. */
	flushed(): Promise<void> {
		return this.#turns.ask();
	}

	/** Waits for what is under way. */
	async close(): Promise<void> {
		await this.#turns.quiet();
		await this.#handle?.close();
		this.#handle = undefined;
	}

	async #flush(): Promise<void> {
		this.#handle ??= await open(this.#file, "r+");
		await this.#handle.datasync();
	}
}
