import { randomUUID } from "node:crypto";
import type { Clock } from "#core/clock.ts";
import { permanent, type WatchRabbitError } from "#core/errors.ts";
import { SharedTurn } from "#core/shared-turn.ts";
import { Breaker } from "./breaker.ts";
import { mastersOf, type RedisClient, type RedisPlace } from "./connect.ts";
import { asCacheError, full, isFull } from "./redis-error.ts";
import { within } from "./within.ts";

/** What Redis said about a key. */
export interface Reading {
	readonly value: string | undefined;
	/** How long it will still be there. */
	readonly ttlMs: number;
	/** Another at every invalidation: what was computed under an older one is not to be kept. */
	readonly generation: string | null;
}

export interface SharedLevelOptions {
	readonly place: RedisPlace;
	readonly namespace: string;
	readonly clock: Clock;
	readonly onAway: (error: WatchRabbitError, againInMs: number) => void;
	/** It was away, and was tried again. */
	readonly onRetried: (error: WatchRabbitError, attempts: number, againInMs: number) => void;
	readonly onBack: () => void;
	readonly onFull: (error: WatchRabbitError) => void;
}

/** More of them are owed as one: everything. */
const mostOwed = 1_000;
const scannedAtOnce = 1_000;

/**
 * The level that processes share. Nothing here throws: what Redis does not do now is left, and what must be done, to forget,
 * is owed and done before this process reads or writes again.
 *
 * A key carries the identity of the server's run (`run_id`): a server that comes back from a crash with what it once
 * saved would give answers that were forgotten since.
 */
export class SharedLevel {
	readonly #options: SharedLevelOptions;
	readonly #client: RedisClient;
	readonly #breaker: Breaker;
	/** Prefixes that may still be in Redis and must not. */
	readonly #owed = new Set<string>();
	readonly #payment = new SharedTurn(() => this.#pay());
	#run: Promise<string> | undefined;
	#lastError: unknown;
	#full = false;
	#closed = false;

	constructor(options: SharedLevelOptions) {
		this.#options = options;
		this.#breaker = new Breaker(options.clock);
		this.#client = options.place.client((thrown) => {
			this.#lastError = thrown;
		});
		const another = () => {
			this.#run = undefined;
		};
		for (const change of ["close", "+node", "-node"]) this.#client.on(change, another);
		this.#client.on("ready", () => {
			this.#lastError = undefined;
			this.#breaker.probe();
		});
	}

	/** Waits until Redis answers, or has been given the time for it. */
	async connected(): Promise<void> {
		if (this.#client.status === "ready") return;
		const ready = new Promise<void>((resolve) => this.#client.once("ready", resolve));
		await within(this.#options.place.connectTimeoutMs, ready).catch(() => {});
	}

	/** Undefined: Redis cannot be asked. */
	async read(key: string): Promise<Reading | undefined> {
		return await this.#try(async (client) => {
			const full = await this.#fullKey(key);
			const [value, ttlMs, generation] = await Promise.all([
				client.get(full),
				client.pttl(full),
				client.get(this.#generationKey),
			]);
			return { value: value !== null && ttlMs > 0 ? value : undefined, ttlMs, generation };
		});
	}

	/** Whether it answers, as far as it is asked now. */
	async answers(): Promise<boolean> {
		return (await this.#try((client) => client.ping())) !== undefined;
	}

	/**
	 * Keeps what was computed since the reading of that generation. An invalidation that came in between, from wherever,
	 * has changed the generation before it looked for keys: either it finds this one, or we find, a round trip later, that we
	 * came too late. False: it may still be there although it should not.
	 */
	async write(key: string, value: string, ttlMs: number, generation: string | null): Promise<boolean> {
		let sent = false;
		const well = await this.#try(async (client) => {
			const full = await this.#fullKey(key);
			sent = true;
			if (!(await this.#set(full, value, ttlMs))) return true;
			return (await client.get(this.#generationKey)) === generation;
		});
		return well ?? !sent;
	}

	/** False: there was no room. */
	async #set(key: string, value: string, ttlMs: number): Promise<boolean> {
		try {
			await this.#client.set(key, value, "PX", Math.ceil(ttlMs));
			this.#full = false;
			return true;
		} catch (thrown) {
			if (!isFull(thrown)) throw thrown;
			if (!this.#full) this.#options.onFull(full());
			this.#full = true;
			return false;
		}
	}

	/** Forgets the prefix, and says so on the channel; what cannot be reached now is owed. */
	async invalidate(prefix: string, message: string): Promise<void> {
		this.#owe(prefix);
		await this.#try(async (client) => await client.publish(this.channel, message));
	}

	get channel(): string {
		return `${this.#options.namespace}:invalidated`;
	}

	async close(): Promise<void> {
		if (this.#owed.size > 0) await this.#try(async () => {});
		this.#closed = true;
		this.#client.disconnect();
	}

	get #generationKey(): string {
		return `${this.#options.namespace}:generation`;
	}

	async #fullKey(key: string): Promise<string> {
		this.#run ??= this.#readRun().catch((thrown) => {
			this.#run = undefined;
			throw thrown;
		});
		return `${this.#options.namespace}:${await this.#run}:${key}`;
	}

	async #readRun(): Promise<string> {
		const masters = mastersOf(this.#client);
		const infos = await Promise.all(masters.map((master) => master.info("server")));
		const runs = infos.map((info) => /^run_id:(\w{12})/m.exec(info)?.[1] ?? "unknown");
		return runs.sort().join("-");
	}

	#owe(prefix: string): void {
		this.#owed.add(prefix);
		if (this.#owed.size <= mostOwed) return;
		this.#owed.clear();
		this.#owed.add("");
	}

	/** Asks Redis, unless it is known not to answer: it pays what is owed first. */
	async #try<T>(ask: (client: RedisClient) => Promise<T>): Promise<T | undefined> {
		if (this.#closed || !this.#breaker.allows()) return undefined;
		const { commandTimeoutMs } = this.#options.place;
		try {
			if (this.#owed.size > 0 || !this.#payment.idle) await this.#payment.ask();
			const answer = await within(commandTimeoutMs, ask(this.#client));
			if (this.#breaker.succeeded()) this.#options.onBack();
			return answer;
		} catch (thrown) {
			this.#failed(thrown);
			return undefined;
		}
	}

	async #pay(): Promise<void> {
		const owed = [...this.#owed];
		this.#owed.clear();
		try {
			for (const prefix of owed) await this.#forget(prefix);
		} catch (thrown) {
			for (const prefix of owed) this.#owe(prefix);
			throw thrown;
		}
	}

	async #forget(prefix: string): Promise<void> {
		const { place, namespace } = this.#options;
		const soon = <T>(task: Promise<T>) => within(place.commandTimeoutMs, task);
		await soon(this.#changeGeneration());
		const match = `${literally(namespace)}:*:${literally(prefix)}*`;
		const masters = mastersOf(this.#client);
		if (masters.length === 0) throw permanent("CACHE_AWAY", "no node of the cluster is known");
		for (const master of masters) {
			for (let cursor = "0"; ; ) {
				const [next, keys] = await soon(master.scan(cursor, "MATCH", match, "COUNT", scannedAtOnce));
				// One by one: the keys of one command would have to share a slot of the cluster.
				await soon(Promise.all(keys.map((key) => this.#client.unlink(key))));
				cursor = next;
				if (cursor === "0") break;
			}
		}
	}

	/** Random, and gone first: a counter that was flushed, or has no room, would come to the same value again. */
	async #changeGeneration(): Promise<void> {
		await this.#client.unlink(this.#generationKey);
		try {
			await this.#client.set(this.#generationKey, randomUUID());
		} catch (thrown) {
			if (!isFull(thrown)) throw thrown;
		}
	}

	#failed(thrown: unknown): void {
		if (this.#closed) return;
		const wasOpen = this.#breaker.open;
		const opened = this.#breaker.failed();
		const error = asCacheError(this.#lastError ?? thrown);
		const { failures, pauseMs } = this.#breaker;
		if (opened) this.#options.onAway(error, pauseMs);
		else if (wasOpen) this.#options.onRetried(error, failures, pauseMs);
	}
}

/** Nothing in it is a pattern of Redis. */
function literally(text: string): string {
	return text.replace(/[\\*?[\]]/g, "\\$&");
}
