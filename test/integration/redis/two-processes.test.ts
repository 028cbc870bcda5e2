import { afterAll, afterEach, beforeAll, beforeEach, expect, it, vi } from "vitest";
import { RedisCache } from "#connectors/redis/cache.ts";
import { type RedisServer, startRedis } from "#test/support/servers/redis.ts";
import { assertOwn, describeWith, itWithOwn } from "#test/support/services.ts";
import { fill, held, kept } from "../../contract/cache.ts";

const minuteMs = 60_000;

describeWith("redis", "two processes that share a Redis", () => {
	let server: RedisServer;
	let one: RedisCache;
	let other: RedisCache;
	let namespace: string;
	let number = 0;

	beforeAll(async () => {
		server = await startRedis();
	});

	beforeEach(async () => {
		namespace = `watchrabbit-test-${process.pid}-[${++number}]`;
		[one, other] = [await open(), await open()];
	});

	afterEach(async () => {
		await Promise.all([one.close(), other.close()]);
		await vi.waitFor(async () => expect(await server.client.pubsub("NUMSUB", channel())).toEqual([channel(), 0]));
	});

	afterAll(async () => {
		await server.stop();
	});

	const open = () => RedisCache.open({ url: server.url, namespace });
	const channel = () => `${namespace}:invalidated`;

	/** Both have it in memory: Redis could be asked no more. */
	async function inBothMemories(key: string, value: string): Promise<void> {
		await vi.waitFor(async () => expect(await server.client.pubsub("NUMSUB", channel())).toEqual([channel(), 2]));
		// What is computed while a connection comes back may be kept by nobody.
		await vi.waitFor(async () => {
			await fill(one, key, value);
			expect(await kept(other, key)).toBe(value);
		});
	}

	it("what one has computed, the other need not", async () => {
		await fill(one, "a", "1");
		await vi.waitFor(async () => expect(await kept(other, "a")).toBe("1"));
	});

	it("an answer has no longer a life in the memory of the other", async () => {
		await fill(one, "a", "1", 300);
		await vi.waitFor(async () => expect(await kept(other, "a")).toBe("1"), { interval: 5 });
		await vi.waitFor(async () => expect(await kept(other, "a")).toBeUndefined());
		expect(await kept(one, "a")).toBeUndefined();
	});

	it("what one invalidates, the other forgets, in memory as in Redis", async () => {
		await inBothMemories("jobs/1", "old");
		await inBothMemories("results/1", "kept");
		await one.invalidate("jobs/");
		expect(await kept(one, "jobs/1")).toBeUndefined();
		await vi.waitFor(async () => expect(await kept(other, "jobs/1")).toBeUndefined());
		expect(await kept(other, "results/1")).toBe("kept");
	});

	it("what one computes from before the other's invalidation is kept nowhere", async () => {
		const old = held("old");
		const asked = one.answer("jobs/1", minuteMs, old.compute);
		await vi.waitFor(() => expect(old.times()).toBe(1));
		await other.invalidate("jobs/");
		old.end();
		expect(await asked).toBe("old");
		await vi.waitFor(async () => expect(await kept(other, "jobs/1")).toBeUndefined());
		await vi.waitFor(async () => expect(await kept(one, "jobs/1")).toBeUndefined());
		await fill(other, "jobs/1", "new");
		await vi.waitFor(async () => expect(await kept(one, "jobs/1")).toBe("new"));
	});

	it("a message that is none of ours empties the memory", async () => {
		await inBothMemories("a", "1");
		await server.client.unlink(...(await server.client.keys("*:a")));
		expect(await kept(one, "a")).toBe("1");
		await server.client.publish(channel(), "what is this?");
		await vi.waitFor(async () => expect(await kept(one, "a")).toBeUndefined());
	});

	itWithOwn("redis")("when a connection for messages is lost, the memory is emptied", async () => {
		assertOwn(server.process);
		await inBothMemories("a", "1");
		await server.client.unlink(...(await server.client.keys("*:a")));
		expect(await kept(one, "a")).toBe("1");
		await server.client.call("CLIENT", "KILL", "TYPE", "pubsub");
		await vi.waitFor(async () => expect(await kept(one, "a")).toBeUndefined());
		await inBothMemories("b", "2");
	});

	it("another namespace is another cache", async () => {
		const stranger = await RedisCache.open({ url: server.url, namespace: `${namespace}-stranger` });
		await fill(one, "a", "1");
		await fill(stranger, "a", "2");
		await stranger.invalidate("");
		await vi.waitFor(async () => expect(await kept(other, "a")).toBe("1"));
		expect(await kept(stranger, "a")).toBeUndefined();
		await stranger.close();
	});
});
