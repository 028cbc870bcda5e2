import type { Readable } from "node:stream";
import type { ObjectStore, StoredObject } from "#core/ports/object-store.ts";

/** A store that is opened when it is first asked for something, and again when that failed: a role that needs none connects to none. */
export class ObjectsOnDemand implements ObjectStore {
	readonly #open: () => Promise<ObjectStore>;
	#opened: Promise<ObjectStore> | undefined;

	constructor(open: () => Promise<ObjectStore>) {
		this.#open = open;
	}

	async putFile(key: string, file: string, sha256?: string): Promise<void> {
		await (await this.#store()).putFile(key, file, sha256);
	}

	async put(key: string, body: Uint8Array | string): Promise<void> {
		await (await this.#store()).put(key, body);
	}

	async putIfAbsent(key: string, body: Uint8Array | string): Promise<boolean> {
		return await (await this.#store()).putIfAbsent(key, body);
	}

	async get(key: string, range?: { readonly start: number; readonly end: number }): Promise<Readable> {
		return await (await this.#store()).get(key, range);
	}

	async head(key: string): Promise<StoredObject | undefined> {
		return await (await this.#store()).head(key);
	}

	async *list(prefix: string): AsyncIterable<StoredObject> {
		yield* (await this.#store()).list(prefix);
	}

	async remove(keys: readonly string[]): Promise<void> {
		await (await this.#store()).remove(keys);
	}

	async close(): Promise<void> {
		const opened = await this.#opened?.catch(() => undefined);
		await opened?.close();
	}

	#store(): Promise<ObjectStore> {
		this.#opened ??= this.#open().catch((thrown: unknown) => {
			this.#opened = undefined;
			throw thrown;
		});
		return this.#opened;
	}
}
