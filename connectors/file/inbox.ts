import type { PathString } from "#domain/path.ts";
import { removeLeftovers, requireDirectory } from "./leftovers.ts";
import { refuseLinks } from "./no-links.ts";
import { DirectoryObjectStore } from "./object-store.ts";

/** Puts files into a directory that is watched, whole or not at all. It never makes the directory itself. */
export class Inbox {
	readonly #root: PathString;
	#store: Promise<DirectoryObjectStore> | undefined;

	constructor(root: PathString) {
		this.#root = root;
	}

	/** Durable when it resolves. @throws WatchRabbitError SOURCE_UNREACHABLE (transient), OBJECT_KEY, PATH_THROUGH_LINK (permanent) */
	async put(path: PathString, content: Uint8Array): Promise<void> {
		await requireDirectory(this.#root);
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
		await removeLeftovers(this.#root);
		return store;
	}
}
