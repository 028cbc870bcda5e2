import { randomUUID } from "node:crypto";
import type { Redis } from "ioredis";
import { type RedisOptions, RedisPlace } from "./connect.ts";
import { asCacheError } from "./redis-error.ts";
import { within } from "./within.ts";

/** What a look at one side of Redis came to. */
export interface RedisFinding {
	/** connection, version, permissions, memory */
	readonly subject: string;
	/** A warning works, but not as one may expect; a problem does not work. */
	readonly state: "ok" | "warning" | "problem";
	readonly says: string;
	/** For all that is not ok. */
	readonly fix?: string;
}

/** What a cache uses is all in older ones; this is the oldest that its makers and we know. */
const oldestMajor = 6;

/** Looks at what a cache needs of its Redis. Of what it writes nothing stays. */
export async function examineRedis(
	options: RedisOptions & { readonly namespace: string },
): Promise<readonly RedisFinding[]> {
	const place = new RedisPlace(options);
	let client: Redis | undefined;
	try {
		client = await place.listener();
		const soon = <T>(task: Promise<T>) => within(place.connectTimeoutMs, task);
		const info = await soon(client.info());
		return [
			{ subject: "connection", state: "ok", says: "Redis takes us in" },
			version(info),
			await soon(permissions(client, options.namespace)),
			memory(info),
		];
	} catch (thrown) {
		return [problem("connection", thrown)];
	} finally {
		client?.disconnect();
	}
}

function version(info: string): RedisFinding {
	const found = field(info, "redis_version") ?? "";
	if (Number.parseInt(found, 10) >= oldestMajor) return { subject: "version", state: "ok", says: `Redis ${found}` };
	const says = `Redis ${found} is older than ${oldestMajor}`;
	return { subject: "version", state: "warning", says, fix: `Update it to ${oldestMajor} or later.` };
}

/** Everything that a cache does, once; a node of a cluster sends keys of others elsewhere, which is a permission as well. */
async function permissions(client: Redis, namespace: string): Promise<RedisFinding> {
	const key = `${namespace}:doctor:${randomUUID()}`;
	try {
		for (const ask of [
			() => client.set(key, "1", "PX", 1_000),
			() => client.get(key),
			() => client.pttl(key),
			() => client.unlink(key),
			() => client.scan("0", "MATCH", `${namespace}:doctor:*`, "COUNT", 1),
			() => client.publish(`${namespace}:doctor`, ""),
			() => client.subscribe(`${namespace}:doctor`),
		]) {
			await ask().catch(unlessElsewhere);
		}
		return {
			subject: "permissions",
			state: "ok",
			says: "keys can be written, read and removed, messages sent and heard",
		};
	} catch (thrown) {
		return problem("permissions", thrown);
	}
}

function unlessElsewhere(thrown: Error): void {
	if (!/^(MOVED|ASK) /.test(thrown.message)) throw thrown;
}

function memory(info: string): RedisFinding {
	const subject = "memory";
	const policy = field(info, "maxmemory_policy") ?? "noeviction";
	const bounded = Number(field(info, "maxmemory") ?? 0) > 0;
	if (bounded && policy !== "noeviction") {
		return { subject, state: "ok", says: `full, it drops what it can spare (${policy})` };
	}
	const says = bounded ? "full, it takes no more answers (noeviction)" : "its memory has no bound (maxmemory 0)";
	return { subject, state: "warning", says, fix: "Set maxmemory, and maxmemory-policy allkeys-lru: it is a cache." };
}

function problem(subject: string, thrown: unknown): RedisFinding {
	const { message, fix = "" } = asCacheError(thrown);
	return { subject, state: "problem", says: message, fix };
}

function field(info: string, name: string): string | undefined {
	return new RegExp(`^${name}:(.*?)\\r?$`, "m").exec(info)?.[1];
}
