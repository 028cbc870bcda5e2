import { readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { transient } from "#core/errors.ts";
import { temporaryDirectory } from "#domain/key-rules.ts";
import { displayPath, fsPath, type PathString } from "#domain/path.ts";
import { refuseLinks } from "./no-links.ts";
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

	/** Durable when it resolves. @throws WatchRabbitError SOURCE_UNREACHABLE (transient), OBJECT_KEY, PATH_THROUGH_LINK (permanent) */
	async put(path: PathString, content: Uint8Array): Promise<void> {
		const found = await stat(fsPath(this.#root)).catch(() => undefined);
		if (found?.isDirectory() !== true) {
			throw transient("SOURCE_UNREACHABLE", `${displayPath(this.#root)} is not there, or is no directory`, {
				fix: "Bring the share back: what is to be put there waits.",
			});
		}
		refuseLinks(this.#root, path);
		await (await this.#opened()).put(path, content);
	}

	#opened(): Promise<DirectoryObjectStore> {
		this.#store ??= this.#open().catch((thrown: unknown) => {
			this.#store = undefined;
			throw thrown;
		});
		return this.#store;
	}

	async #open(): Promise<DirectoryObjectStore> {
		const store = new DirectoryObjectStore(this.#root);
		const temporary = join(this.#root, temporaryDirectory);
		for (const name of await readdir(temporary)) {
			const left = join(temporary, name);
			// Another host that shares the directory may have finished it.
			const found = await stat(left).catch(() => undefined);
			if (found !== undefined && Date.now() - found.mtimeMs > longestWriteMs) await rm(left, { force: true });
		}
		return store;
	}
}
