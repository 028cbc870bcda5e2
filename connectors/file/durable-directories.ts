import { mkdir, open } from "node:fs/promises";
import { dirname } from "node:path";
import { fsPath, type PathString } from "#domain/path.ts";

/** Makes directories so that they survive a power cut: each new one is flushed into its parent before the call resolves. */
export class DurableDirectories {
	/** Those that are being made: whoever needs one meanwhile waits until it is flushed as well. */
	readonly #making = new Map<PathString, Promise<void>>();

	/** The directory and all above it. */
	async make(directory: PathString): Promise<void> {
		const making = this.#making.get(directory) ?? this.#make(directory);
		this.#making.set(directory, making);
		await making.finally(() => this.#making.delete(directory));
	}

	async #make(directory: PathString): Promise<void> {
		try {
			await mkdir(fsPath(directory));
		} catch (error) {
			const code = error instanceof Error && "code" in error ? error.code : undefined;
			if (code === "EEXIST") return;
			if (code !== "ENOENT") throw error;
			await this.make(dirname(directory));
			return this.#make(directory);
		}
		await flush(dirname(directory));
	}
}

/** Makes durable what was put into, or taken out of, the directory. */
export async function flush(directory: PathString): Promise<void> {
	const handle = await open(fsPath(directory), "r");
	try {
		await handle.sync();
	} finally {
		await handle.close();
	}
}
