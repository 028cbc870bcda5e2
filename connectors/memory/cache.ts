import { LRUCache } from "lru-cache";
import type { Cache } from "#core/ports/cache.ts";

export interface MemoryCacheOptions {
	/** Characters of all keys and values together; what was not asked for the longest goes first. */
	readonly maxCharacters?: number;
}

/** Answers in this process's memory. */
export class MemoryCache implements Cache {
	readonly #answers: LRUCache<string, string>;

	constructor(options: MemoryCacheOptions = {}) {
		this.#answers = new LRUCache({
			maxSize: options.maxCharacters ?? 16 * 1024 * 1024,
			sizeCalculation: (value, key) => value.length + key.length + 1,
			// Each entry has a life of its own; the default is not used.
			ttl: 1,
		});
	}

	async get(key: string): Promise<string | undefined> {
		return this.#answers.get(key);
	}

	async set(key: string, value: string, ttlMs: number): Promise<void> {
		if (ttlMs <= 0) this.#answers.delete(key);
		else this.#answers.set(key, value, { ttl: ttlMs });
	}

	async invalidate(prefix: string): Promise<void> {
		for (const key of [...this.#answers.keys()]) if (key.startsWith(prefix)) this.#answers.delete(key);
	}

	async close(): Promise<void> {
		this.#answers.clear();
	}
}
