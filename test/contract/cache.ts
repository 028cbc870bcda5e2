import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Cache } from "#core/ports/cache.ts";

export interface CacheUnderTest {
	open(): Promise<Cache>;
	dispose(): Promise<void>;
}

export function describeCache(name: string, setUp: () => Promise<CacheUnderTest>): void {
	describe(`cache: ${name}`, () => {
		let under: CacheUnderTest;
		let cache: Cache;

		beforeEach(async () => {
			under = await setUp();
			cache = await under.open();
		});

		afterEach(async () => {
			await cache.close();
			await under.dispose();
		});

		it("gives what was set, and nothing for what was not", async () => {
			await cache.set("a", "1 µg", 60_000);
			expect(await cache.get("a")).toBe("1 µg");
			expect(await cache.get("b")).toBeUndefined();
		});

		it("keeps an empty answer apart from none", async () => {
			await cache.set("a", "", 60_000);
			expect(await cache.get("a")).toBe("");
		});

		it("gives the newest answer", async () => {
			await cache.set("a", "1", 60_000);
			await cache.set("a", "2", 60_000);
			expect(await cache.get("a")).toBe("2");
		});

		it("forgets an answer when its time is over", async () => {
			await cache.set("short", "1", 20);
			await cache.set("long", "1", 60_000);
			await vi.waitFor(async () => expect(await cache.get("short")).toBeUndefined(), { timeout: 5_000 });
			expect(await cache.get("long")).toBe("1");
		});

		it("holds nothing for no time", async () => {
			await cache.set("a", "1", 60_000);
			await cache.set("a", "2", 0);
			expect(await cache.get("a")).toBeUndefined();
		});

		it("forgets every key of a prefix, and no other", async () => {
			for (const key of ["jobs", "jobs/1", "jobs/2", "results/1"]) await cache.set(key, "1", 60_000);
			await cache.invalidate("jobs/");
			expect(await Promise.all(["jobs", "jobs/1", "jobs/2", "results/1"].map((key) => cache.get(key)))).toEqual([
				"1",
				undefined,
				undefined,
				"1",
			]);
		});

		it("takes a prefix literally", async () => {
			for (const key of ["a*b", "axb"]) await cache.set(key, "1", 60_000);
			await cache.invalidate("a*");
			expect(await cache.get("a*b")).toBeUndefined();
			expect(await cache.get("axb")).toBe("1");
		});

		it("forgets everything by the empty prefix", async () => {
			await cache.set("a", "1", 60_000);
			await cache.invalidate("");
			expect(await cache.get("a")).toBeUndefined();
		});

		it("can be closed twice", async () => {
			await cache.close();
			await cache.close();
		});
	});
}
