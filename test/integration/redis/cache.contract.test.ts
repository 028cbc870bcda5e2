import { afterAll, beforeAll } from "vitest";
import { RedisCache } from "#connectors/redis/cache.ts";
import { type RedisServer, startRedis } from "#test/support/servers/redis.ts";
import { describeWith } from "#test/support/services.ts";
import { describeCache } from "../../contract/cache.ts";

describeWith("redis", "over a real Redis", () => {
	let server: RedisServer;

	beforeAll(async () => {
		server = await startRedis();
	});

	afterAll(async () => {
		await server.stop();
	});

	let number = 0;
	const namespace = () => `watchrabbit-test-${process.pid}-${++number}`;

	describeCache("memory and Redis", async () => ({
		open: () => RedisCache.open({ url: server.url, namespace: namespace() }),
		dispose: async () => {},
	}));

	describeCache("Redis, and no room in memory", async () => ({
		open: () => RedisCache.open({ url: server.url, namespace: namespace(), maxCharacters: 1 }),
		dispose: async () => {},
	}));

	describeCache("a Redis that is away", async () => ({
		keeps: false,
		open: () => RedisCache.open({ url: "redis://127.0.0.1:1", namespace: namespace(), connectTimeoutMs: 100 }),
		dispose: async () => {},
	}));
});
