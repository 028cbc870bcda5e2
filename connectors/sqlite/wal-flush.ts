import { type FileHandle, open } from "node:fs/promises";

/**
 * Flushes a database's write-ahead log off the main thread. Who asks while a flush is under way shares the next one:
 * what was committed after it began is not in it.
 *
 * With `synchronous=NORMAL` SQLite itself flushes the log only before a checkpoint; a commit followed by this flush is
 * as durable as one under FULL, and blocks nobody. Reading and writing the log through a second descriptor is safe:
 * SQLite's locks are on the other two files, and POSIX drops a process's locks on a file when it closes any descriptor of it.
 */
export class WalFlush {
	readonly #file: string;
	#handle: Promise<FileHandle> | undefined;
	#running: Promise<void> | undefined;
	#next: Promise<void> | undefined;

	constructor(databaseFile: string) {
		this.#file = `${databaseFile}-wal`;
	}

	/** Resolves when all that was committed before the call is on disk. */
	flushed(): Promise<void> {
		if (this.#running === undefined) return this.#start();
		this.#next ??= this.#running.then(
			() => this.#start(),
			() => this.#start(),
		);
		return this.#next;
	}

	async close(): Promise<void> {
		while (this.#running !== undefined) await this.#running.catch(() => {});
		await (await this.#handle?.catch(() => undefined))?.close();
		this.#handle = undefined;
	}

	#start(): Promise<void> {
		this.#next = undefined;
		this.#running = this.#flush().finally(() => {
			this.#running = undefined;
		});
		return this.#running;
	}

	async #flush(): Promise<void> {
		this.#handle ??= open(this.#file, "r+").catch((error: unknown) => {
			this.#handle = undefined;
			throw error;
		});
		await (await this.#handle).datasync();
	}
}
