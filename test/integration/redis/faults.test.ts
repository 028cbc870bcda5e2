import { inspect } from "node:util";
import { afterEach, expect, it, vi } from "vitest";
import { RedisCache, type RedisCacheOptions } from "#connectors/redis/cache.ts";
import type { InternalEvent } from "#domain/report.ts";
import { openSockets } from "#test/support/open-sockets.ts";
import { type RedisProcess, type RedisServer, startRedis } from "#test/support/servers/redis.ts";
import { describeWith } from "#test/support/services.ts";
import { toldByCache } from "#test/support/told-by-cache.ts";
import { fill, held, kept } from "../../contract/cache.ts";

describeWith("redis", "a Redis that fails", () => {
	let server: RedisServer;
	const opened: RedisCache[] = [];
	const told: InternalEvent[] = [];

	/** Undefined: the server is somebody's, and nothing is done to it. */
	async function start(...settings: readonly string[]): Promise<RedisProcess | undefined> {
		server = await startRedis(...settings);
		return server.process;
	}

	async function open(options: Partial<RedisCacheOptions> = {}): Promise<RedisCache> {
		const report = toldByCache(told);
		const cache = await RedisCache.open({ url: server.url, namespace: "w", commandTimeoutMs: 100, report, ...options });
		opened.push(cache);
		return cache;
	}

	const events = () => told.map(({ event }) => event);
	/** Nothing stays in memory: what is kept is in Redis. */
	const noMemory = { maxCharacters: 1 };

	afterEach(async () => {
		await Promise.all(opened.splice(0).map((cache) => cache.close()));
		told.length = 0;
		await server.stop();
		await vi.waitFor(() => expect(openSockets()).toBe(0));
	});

	it("stopped: answers are computed; started again: it is used again", async () => {
		const redis = await start();
		if (redis === undefined) return;
		const cache = await open();
		await fill(cache, "a", "1");
		await redis.kill();
		for (const round of [1, 2, 3, 4, 5]) await fill(cache, "b", `${round}`, 0);
		await vi.waitFor(async () => {
			await fill(cache, "b", "away", 0);
			expect(events()).toContain("cache.away");
		});
		await redis.start();
		await vi.waitFor(
			async () => {
				await fill(cache, "c", "1", 0);
				expect(events()).toContain("cache.back");
			},
			{ timeout: 10_000 },
		);
		await fill(cache, "d", "1");
		await vi.waitFor(async () => expect((await server.client.keys("w:*:d")).length).toBe(1));
	});

	it("suspended: answers wait for a few timeouts in all, then for nothing", async () => {
		const redis = await start();
		if (redis === undefined) return;
		const cache = await open(noMemory);
		redis.suspend();
		const begun = performance.now();
		for (let n = 0; n < 200; n++) await fill(cache, `k${n}`, `${n}`);
		// A bound, far above three timeouts and the probes, and far below 200 of them.
		expect(performance.now() - begun).toBeLessThan(10_000);
		expect(events()).toEqual(["cache.away"]);
		redis.resume();
		await vi.waitFor(
			async () => {
				await fill(cache, "b", "1");
				expect(await kept(cache, "b")).toBe("1");
			},
			{ timeout: 15_000 },
		);
	});

	it("suspended: memory is not trusted for long, because nobody can say what has changed", async () => {
		const redis = await start();
		if (redis === undefined) return;
		const cache = await open();
		await fill(cache, "a", "1");
		// Once a later one is there, nothing of the first is under way any more.
		await fill(cache, "b", "1");
		await vi.waitFor(async () => expect(await server.client.keys("w:*:b")).toHaveLength(1));
		redis.suspend();
		expect(await kept(cache, "a")).toBe("1");
		await vi.waitFor(async () => expect(await kept(cache, "a")).toBeUndefined(), { timeout: 10_000 });
		redis.resume();
	});

	it("suspended while one invalidates: nothing old is given afterwards", async () => {
		const redis = await start();
		if (redis === undefined) return;
		const cache = await open(noMemory);
		const other = await open(noMemory);
		await fill(cache, "a", "old");
		await vi.waitFor(async () => expect(await kept(other, "a")).toBe("old"));
		redis.suspend();
		await cache.invalidate("a");
		await fill(cache, "a", "new");
		redis.resume();
		for (const asking of [cache, other]) {
			await vi.waitFor(async () => expect(await answer(asking)).toBe("new"), { timeout: 10_000 });
		}
		async function answer(asking: RedisCache): Promise<string> {
			const given = await asking.answer("a", 60_000, async () => "new");
			if (asking === cache) expect(given).toBe("new");
			return given;
		}
	});

	it("flushed: answers are computed again", async () => {
		if ((await start()) === undefined) return;
		const cache = await open(noMemory);
		await fill(cache, "a", "1");
		await vi.waitFor(async () => expect(await kept(cache, "a")).toBe("1"));
		await server.client.flushall();
		expect(await kept(cache, "a")).toBeUndefined();
		await fill(cache, "a", "2");
		await vi.waitFor(async () => expect(await kept(cache, "a")).toBe("2"));
		expect(told).toEqual([]);
	});

	it("flushed while an answer is computed that was invalidated: it is not kept", async () => {
		if ((await start()) === undefined) return;
		const cache = await open(noMemory);
		const other = await open(noMemory);
		await other.invalidate("");
		const old = held("old");
		const asked = cache.answer("a", 60_000, old.compute);
		await vi.waitFor(() => expect(old.times()).toBe(1));
		await server.client.flushall();
		await other.invalidate("");
		old.end();
		await asked;
		await vi.waitFor(async () => expect(await server.client.keys("w:*:a")).toEqual([]));
	});

	it("full, and dropping nothing: what is there is given, what is not is computed, and it is said once", async () => {
		if ((await start("--maxmemory-policy", "noeviction")) === undefined) return;
		const cache = await open(noMemory);
		await fill(cache, "a", "1");
		await vi.waitFor(async () => expect(await kept(cache, "a")).toBe("1"));
		await server.client.config("SET", "maxmemory", "1");
		for (const key of ["b", "c"]) await fill(cache, key, "2");
		await vi.waitFor(() => expect(events()).toEqual(["cache.full"]));
		expect(await kept(cache, "b")).toBeUndefined();
		expect(await kept(cache, "a")).toBe("1");
		await cache.invalidate("a");
		expect(await kept(cache, "a")).toBeUndefined();
		await server.client.config("SET", "maxmemory", "0");
		await fill(cache, "b", "3");
		await vi.waitFor(async () => expect(await kept(cache, "b")).toBe("3"));
		expect(events()).toEqual(["cache.full"]);
	});

	it("full, and dropping what it likes: right all the same", async () => {
		if ((await start("--maxmemory", "3mb", "--maxmemory-policy", "allkeys-random")) === undefined) return;
		const cache = await open(noMemory);
		const value = "x".repeat(20_000);
		for (let n = 0; n < 300; n++) await fill(cache, `${n}`, `${n} ${value}`);
		for (let n = 0; n < 300; n++) expect([`${n} ${value}`, undefined]).toContain(await kept(cache, `${n}`));
	});

	it("back from a crash with what it had saved before: nothing of that is given", async () => {
		const redis = await start("--dbfilename", "dump.rdb");
		if (redis === undefined) return;
		const cache = await open(noMemory);
		await fill(cache, "a", "old");
		await vi.waitFor(async () => expect(await kept(cache, "a")).toBe("old"));
		await server.client.save();
		await cache.invalidate("a");
		await redis.kill();
		await redis.start();
		await vi.waitFor(async () => expect((await server.client.keys("w:*:a")).length).toBe(1), { timeout: 10_000 });
		await vi.waitFor(
			async () => {
				await fill(cache, "b", "1");
				expect(await kept(cache, "b")).toBe("1");
			},
			{ timeout: 10_000 },
		);
		expect(await kept(cache, "a")).toBeUndefined();
	});

	it("a wrong password: answers are computed, and who reads the log knows what to do, but not the password", async () => {
		if ((await start("--requirepass", "right-secret")) === undefined) return;
		const { port } = server.process ?? { port: 0 };
		const cache = await open({ url: `redis://lab:wrong-secret@127.0.0.1:${port}` });
		for (let n = 0; n < 5; n++) await fill(cache, `${n}`, "1");
		await vi.waitFor(async () => {
			await fill(cache, "a", "1");
			expect(told[0]).toMatchObject({
				event: "cache.away",
				error: { code: "CACHE_PASSWORD_WRONG", class: "permanent" },
			});
		});
		expect(inspect(told, { depth: 20, showHidden: true })).not.toMatch(/secret/);
	});

	it("closing does not wait for one that is away", async () => {
		const redis = await start();
		if (redis === undefined) return;
		const cache = await open();
		redis.suspend();
		await cache.invalidate("a");
		await cache.close();
		redis.resume();
	});
});
