import { LRUCache } from "lru-cache";
import type { Cache } from "#core/ports/cache.ts";
import { SingleFlight } from "#core/single-flight.ts";
import type { Report } from "#domain/report.ts";

export interface MemoryCacheOptions {
	/** Characters of all keys and values together; what was not asked for the longest goes first. */
	readonly maxCharacters?: number;
	/** Hears of `cache.asked`. */
	readonly report?: Report;
}

const largestCharacters = 1024 * 1024;

/** Answers in this process's memory. */
export class MemoryCache implements Cache {
	readonly #answers: LRUCache<string, string>;
	readonly #report: Report;
	readonly #flights = new SingleFlight<string>();

	constructor(options: MemoryCacheOptions = {}) {
		this.#report = options.report ?? (() => {});
		const maxSize = options.maxCharacters ?? 16 * 1024 * 1024;
		this.#answers = new LRUCache({
			maxSize,
			maxEntrySize: Math.min(maxSize, largestCharacters),
			sizeCalculation: (value, key) => value.length + key.length + 1,
			// Each entry has a life of its own; the default is not used.
			ttl: 1,
		});
	}

	async answer(key: string, ttlMs: number, compute: () => Promise<string>): Promise<string> {
		const known = this.#answers.get(key);
		this.#report({ event: "cache.asked", level: "memory", hit: known !== undefined });
		if (known !== undefined) return known;
		return await this.#flights.join(key, async (flight) => {
			const value = await compute();
			if (ttlMs > 0 && !flight.outdated) this.#answers.set(key, value, { ttl: ttlMs });
			return value;
		});
	}

	async invalidate(prefix: string): Promise<void> {
		this.#flights.outdate(prefix);
		for (const key of [...this.#answers.keys()]) if (key.startsWith(prefix)) this.#answers.delete(key);
	}

	async look(): Promise<boolean> {
		return true;
	}

	async close(): Promise<void> {
		await this.invalidate("");
	}
}
