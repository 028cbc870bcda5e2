import { readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { transient } from "#core/errors.ts";
import { temporaryDirectory } from "#domain/key-rules.ts";
import { displayPath, fsPath, type PathString } from "#domain/path.ts";
import { DirectoryObjectStore } from "./object-store.ts";

/** What is being written takes no longer; what is older was left by a process that was killed. */
const longestWriteMs = 3_600_000;

/**
 * Puts files into a directory that is watched, whole or not at all. It never makes the directory: one that is missing is
 * a share that is away, and what is written in its place would be hidden when it comes back.
 */
export class Inbox {
	readonly #root: PathString;
	#store: Promise<DirectoryObjectStore> | undefined;

	constructor(root: PathString) {
		this.#root = root;
	}

	/** Durable when it resolves. @throws WatchRabbitError SOURCE_UNREACHABLE (transient), OBJECT_KEY (permanent) */
	async put(path: PathString, content: Uint8Array): Promise<void> {
		const found = await stat(fsPath(this.#root)).catch(() => undefined);
		if (found?.isDirectory() !== true) {
			throw transient("SOURCE_UNREACHABLE", `${displayPath(this.#root)} is not there, or is no directory`, {
				fix: "Bring the share back: what is to be put there waits.",
			});
		}
		this.#store ??= this.#open();
		await (await this.#store).put(path, content);
	}

	async #open(): Promise<DirectoryObjectStore> {
		const store = new DirectoryObjectStore(this.#root);
		const temporary = join(this.#root, temporaryDirectory);
		for (const name of await readdir(temporary)) {
			const left = join(temporary, name);
			const { mtimeMs } = await stat(left);
			if (Date.now() - mtimeMs > longestWriteMs) await rm(left, { force: true });
		}
		return store;
	}
}
