import { Cluster, Redis } from "ioredis";
import { parseAddress, type RedisAddress } from "./address.ts";
import { within } from "./within.ts";

export interface RedisOptions {
	/** redis://, rediss://, and with +cluster or +sentinel; see `parseAddress`. */
	readonly url: string;
	/** Of the sentinels, where they ask for one: that in the URL is the server's. */
	readonly sentinelPassword?: string;
	/** PEM. */
	readonly tls?: { readonly ca?: string; readonly cert?: string; readonly key?: string };
	readonly connectTimeoutMs?: number;
	/** A command that takes longer has failed: what is slow is not waited for. */
	readonly commandTimeoutMs?: number;
}

export type RedisClient = Redis | Cluster;

const longestPauseMs = 2_000;
/** Redis is asked again and again: when it comes back, it is used at once. */
const pauseMs = (attempt: number) => Math.min(longestPauseMs, 50 * 2 ** Math.min(attempt, 10));

/** Connections to what the options name. Each is the caller's to end. */
export class RedisPlace {
	readonly #address: RedisAddress;
	readonly #options: RedisOptions;
	readonly commandTimeoutMs: number;
	readonly connectTimeoutMs: number;

	/** @throws WatchRabbitError CACHE_ADDRESS_INVALID (permanent) */
	constructor(options: RedisOptions) {
		this.#address = parseAddress(options.url);
		this.#options = options;
		this.commandTimeoutMs = options.commandTimeoutMs ?? 250;
		this.connectTimeoutMs = options.connectTimeoutMs ?? 1_000;
	}

	/** For commands; it connects by itself, again and again. `onError` hears what went wrong with it. */
	client(onError: (thrown: unknown) => void): RedisClient {
		const { kind, nodes } = this.#address;
		const client =
			kind === "cluster"
				? new Cluster([...nodes], {
						enableOfflineQueue: false,
						clusterRetryStrategy: pauseMs,
						maxRedirections: 3,
						slotsRefreshTimeout: this.connectTimeoutMs,
						redisOptions: this.#common(),
					})
				: new Redis({ ...this.#common(), ...this.#server(), enableOfflineQueue: false, retryStrategy: pauseMs });
		// A cluster tells of the login that a node refused as the cause of being without nodes.
		client.on("error", (error: Error & { lastNodeError?: Error }) => onError(error.lastNodeError ?? error));
		return client;
	}

	/** For messages: to one server, connected, and never again once it is lost. */
	async listener(): Promise<Redis> {
		const nodes = shuffled(this.#address.kind === "cluster" ? this.#address.nodes : [undefined]);
		let last: unknown;
		for (const node of nodes) {
			const once = { retryStrategy: () => null, sentinelRetryStrategy: () => null, lazyConnect: true };
			const client = new Redis({ ...this.#common(), ...(node ?? this.#server()), ...once });
			client.on("error", (error) => {
				last = error;
			});
			try {
				await within(this.connectTimeoutMs, client.connect());
				return client;
			} catch (thrown) {
				last ??= thrown;
				client.disconnect();
			}
		}
		throw last;
	}

	#common() {
		const { encrypted, username, password, database } = this.#address;
		return {
			connectTimeout: this.connectTimeoutMs,
			maxRetriesPerRequest: 1,
			// What was written to a connection that is lost is forgotten: sent again it would arrive after what came later.
			autoResendUnfulfilledCommands: false,
			// A server that takes bytes and gives none, for long, is not there.
			socketTimeout: 4 * this.commandTimeoutMs,
			connectionName: "watchrabbit",
			db: database,
			...(username === undefined ? {} : { username }),
			...(password === undefined ? {} : { password }),
			...(encrypted ? { tls: { ...this.#options.tls } } : {}),
		};
	}

	#server() {
		const { kind, nodes, master, encrypted } = this.#address;
		const { sentinelPassword } = this.#options;
		const [first] = nodes;
		if (kind === "single" && first !== undefined) return { ...first };
		return {
			sentinels: [...nodes],
			...(master === undefined ? {} : { name: master }),
			...(sentinelPassword === undefined ? {} : { sentinelPassword }),
			sentinelCommandTimeout: this.connectTimeoutMs,
			sentinelRetryStrategy: pauseMs,
			...(encrypted ? { enableTLSForSentinelMode: true, sentinelTLS: { ...this.#options.tls } } : {}),
		};
	}
}

/** The servers that hold keys. */
export function mastersOf(client: RedisClient): Redis[] {
	return client instanceof Cluster ? client.nodes("master") : [client];
}

function shuffled<T>(items: readonly T[]): T[] {
	return items
		.map((item) => ({ item, at: Math.random() }))
		.sort((a, b) => a.at - b.at)
		.map(({ item }) => item);
}
