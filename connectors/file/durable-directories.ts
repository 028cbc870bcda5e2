import { closeSync, fsync, mkdirSync, openSync } from "node:fs";
import { dirname } from "node:path";
import { promisify } from "node:util";
import { SharedTurn } from "#core/shared-turn.ts";
import { fsPath, type PathString } from "#domain/path.ts";

/**
 * Directories that survive a power cut with what is in them. Flushes of one directory are shared: of many objects that
 * come at a time, each is flushed, and few wait for a disk of their own.
 */
export class DurableDirectories {
	/** Those that are being made: whoever needs one meanwhile waits until it is flushed as well. */
	readonly #making = new Map<PathString, Promise<void>>();
	readonly #flushing = new Map<PathString, SharedTurn>();

	/** The directory and all above it; each new one is flushed into its parent before the call resolves. */
	async make(directory: PathString): Promise<void> {
		const making = this.#making.get(directory) ?? this.#make(directory);
		this.#making.set(directory, making);
		await making.finally(() => this.#making.delete(directory));
	}

	/** Makes durable what was put into, or taken out of, the directory. */
	async flush(directory: PathString): Promise<void> {
		const turns = this.#flushing.get(directory) ?? new SharedTurn(() => flush(directory));
		this.#flushing.set(directory, turns);
		await turns.ask();
		if (turns.idle) this.#flushing.delete(directory);
	}

	async #make(directory: PathString): Promise<void> {
		try {
			mkdirSync(fsPath(directory));
		} catch (error) {
			const code = error instanceof Error && "code" in error ? error.code : undefined;
			if (code === "EEXIST") return;
			if (code !== "ENOENT") throw error;
			await this.make(dirname(directory));
			return this.#make(directory);
		}
		await this.flush(dirname(directory));
	}
}

const fsyncDescriptor = promisify(fsync);

/** Makes a file's content, or the names in a directory, durable. The wait for the disk alone is left to the thread pool. */
export async function flush(path: PathString): Promise<void> {
	const descriptor = openSync(fsPath(path), "r");
	try {
		await fsyncDescriptor(descriptor);
	} finally {
		closeSync(descriptor);
	}
}
