import { randomUUID } from "node:crypto";
import { LRUCache } from "lru-cache";
import { type Clock, systemClock } from "#core/clock.ts";
import type { Cache } from "#core/ports/cache.ts";
import { type Flight, SingleFlight } from "#core/single-flight.ts";
import type { Report } from "#domain/report.ts";
import { type RedisOptions, RedisPlace } from "./connect.ts";
import { Listener } from "./listener.ts";
import { type Reading, SharedLevel } from "./shared-level.ts";

export interface RedisCacheOptions extends RedisOptions {
	/** Begins every key and names the channel: processes of one catalog share one, those of another have their own. */
	readonly namespace: string;
	/** Characters of all keys and values in this process together. */
	readonly maxCharacters?: number;
	/** Hears of `cache.asked`, `cache.away`, `cache.back` and `cache.full`. */
	readonly report?: Report;
	readonly clock?: Clock;
}

const largestCharacters = 1024 * 1024;

/**
 * Answers in two levels: this process's memory, and Redis behind it for all processes.
 *
 * Memory is used only while invalidations of others are heard: when that connection is lost, which its heartbeat finds
 * out within a second or two, it is emptied. Redis is asked only while it answers: one that is away, slow or full costs a
 * few waits of the command's timeout and then nothing, and what this process must make it forget is done when it is
 * back, before anything is read. Until then, another process that still reaches it could be given what it should not: a
 * process that dies in between leaves that to the answer's TTL.
 */
export class RedisCache implements Cache {
	readonly #report: Report;
	readonly #near: LRUCache<string, string>;
	readonly #flights = new SingleFlight<string>();
	readonly #shared: SharedLevel;
	readonly #listener: Listener;
	readonly #id = randomUUID();
	readonly #writing = new Set<Promise<void>>();
	#listening = false;
	#closing: Promise<void> | undefined;

	private constructor(options: RedisCacheOptions) {
		const { namespace, report = () => {}, clock = systemClock } = options;
		this.#report = report;
		const maxSize = options.maxCharacters ?? 16 * 1024 * 1024;
		this.#near = new LRUCache({
			maxSize,
			maxEntrySize: Math.min(maxSize, largestCharacters),
			sizeCalculation: (value, key) => value.length + key.length + 1,
			// Each entry has a life of its own; the default is not used.
			ttl: 1,
		});
		const place = new RedisPlace(options);
		this.#shared = new SharedLevel({
			place,
			namespace,
			clock,
			onAway: (error, againInMs) => report({ event: "cache.away", error, againInMs }),
			onRetried: (error, attempts, againInMs) => report({ event: "cache.retried", error, attempts, againInMs }),
			onBack: () => report({ event: "cache.back" }),
			onFull: (error) => report({ event: "cache.full", error }),
		});
		this.#listener = new Listener({
			connect: () => place.listener(),
			channel: this.#shared.channel,
			timeoutMs: place.commandTimeoutMs,
			onMessage: (message) => this.#hear(message),
			onChange: (listening) => {
				this.#listening = listening;
				this.#forgetNear("");
			},
		});
	}

	/**
	 * Waits a little for Redis, and works without it.
	 *
	 * @throws WatchRabbitError CACHE_ADDRESS_INVALID (permanent)
	 */
	static async open(options: RedisCacheOptions): Promise<RedisCache> {
		const cache = new RedisCache(options);
		await Promise.all([cache.#shared.connected(), cache.#listener.begun]);
		return cache;
	}

	async answer(key: string, ttlMs: number, compute: () => Promise<string>): Promise<string> {
		const known = this.#near.get(key);
		this.#report({ event: "cache.asked", level: "memory", hit: known !== undefined });
		if (known !== undefined) return known;
		return await this.#flights.join(key, (flight) => this.#find(flight, key, ttlMs, compute));
	}

	async invalidate(prefix: string): Promise<void> {
		this.#forgetNear(prefix);
		// They would take it for one of theirs, and be dropped.
		await Promise.all(this.#writing);
		await this.#forgetShared(prefix);
	}

	async look(): Promise<boolean> {
		return await this.#shared.answers();
	}

	close(): Promise<void> {
		this.#closing ??= this.#close();
		return this.#closing;
	}

	async #close(): Promise<void> {
		await Promise.all(this.#writing);
		await this.#listener.close();
		await this.#shared.close();
	}

	async #find(flight: Flight, key: string, ttlMs: number, compute: () => Promise<string>): Promise<string> {
		const reading = await this.#shared.read(key);
		if (reading !== undefined) this.#report({ event: "cache.asked", level: "redis", hit: reading.value !== undefined });
		if (reading?.value !== undefined) {
			this.#keepNear(flight, key, reading.value, reading.ttlMs);
			return reading.value;
		}
		const value = await compute();
		if (ttlMs <= 0 || value.length > largestCharacters || flight.outdated) return value;
		this.#keepNear(flight, key, value, ttlMs);
		if (reading !== undefined) this.#keepShared(key, value, ttlMs, reading);
		return value;
	}

	#keepNear(flight: Flight, key: string, value: string, ttlMs: number): void {
		if (this.#listening && !flight.outdated) this.#near.set(key, value, { ttl: ttlMs });
	}

	/** Nobody waits for it. */
	#keepShared(key: string, value: string, ttlMs: number, { generation }: Reading): void {
		const written = this.#shared.write(key, value, ttlMs, generation).then(async (well) => {
			if (!well) {
				this.#forgetNear(key);
				await this.#forgetShared(key);
			}
			this.#writing.delete(written);
		});
		this.#writing.add(written);
	}

	async #forgetShared(prefix: string): Promise<void> {
		await this.#shared.invalidate(prefix, JSON.stringify([this.#id, prefix]));
	}

	#forgetNear(prefix: string): void {
		this.#flights.outdate(prefix);
		for (const key of [...this.#near.keys()]) if (key.startsWith(prefix)) this.#near.delete(key);
	}

	#hear(message: string): void {
		const [from, prefix] = messageOf(message);
		if (from !== this.#id) this.#forgetNear(prefix);
	}
}

/** What nobody of us can have said is taken for the invalidation of everything. */
function messageOf(message: string): readonly [from: string | undefined, prefix: string] {
	try {
		const [from, prefix] = JSON.parse(message);
		return typeof prefix === "string" ? [from, prefix] : [undefined, ""];
	} catch {
		return [undefined, ""];
	}
}
