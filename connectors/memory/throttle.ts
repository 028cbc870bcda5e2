import { LRUCache } from "lru-cache";
import type { Clock } from "#core/clock.ts";
import type { Taken, Throttle } from "#core/ports/throttle.ts";
import { takeToken } from "#domain/token-bucket.ts";

/** Who asks under more names than that is let in again where he was longest ago. */
const mostBuckets = 100_000;

/** Counts for this process alone. */
export class MemoryThrottle implements Throttle {
	readonly #clock: Pick<Clock, "monotonic">;
	readonly #buckets = new LRUCache<string, number>({ max: mostBuckets });

	constructor(clock: Pick<Clock, "monotonic">) {
		this.#clock = clock;
	}

	take(key: string, perSecond: number, burst: number): Taken {
		const [taken, full] = takeToken(this.#buckets.get(key), this.#clock.monotonic(), perSecond, burst);
		this.#buckets.set(key, full);
		return taken;
	}
}
