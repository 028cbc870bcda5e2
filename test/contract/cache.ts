import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Cache } from "#core/ports/cache.ts";

export interface CacheUnderTest {
	open(): Promise<Cache>;
	dispose(): Promise<void>;
}

const minuteMs = 60_000;
const missing = new Error("it has to be computed");

/** What is kept under a key; undefined if it would have to be computed. */
export async function kept(cache: Cache, key: string): Promise<string | undefined> {
	try {
		return await cache.answer(key, minuteMs, () => Promise.reject(missing));
	} catch (thrown) {
		if (thrown !== missing) throw thrown;
		return undefined;
	}
}

/** Computes an answer. */
export async function fill(cache: Cache, key: string, value: string, ttlMs = minuteMs): Promise<void> {
	expect(await cache.answer(key, ttlMs, async () => value)).toBe(value);
}

/** A computation that ends when it is told to. */
export function held(value: string) {
	const { promise, resolve, reject } = Promise.withResolvers<string>();
	let begun = 0;
	const compute = () => {
		begun++;
		return promise;
	};
	return { compute, end: () => resolve(value), fail: reject, times: () => begun };
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

		it("gives again what was computed, and nothing for what was not", async () => {
			await fill(cache, "a", "1 µg");
			expect(await kept(cache, "a")).toBe("1 µg");
			expect(await kept(cache, "b")).toBeUndefined();
		});

		it("keeps an empty answer apart from none", async () => {
			await fill(cache, "a", "");
			expect(await kept(cache, "a")).toBe("");
		});

		it("forgets an answer when its time is over", async () => {
			await fill(cache, "short", "1", 20);
			await fill(cache, "long", "1");
			await vi.waitFor(async () => expect(await kept(cache, "short")).toBeUndefined(), { timeout: 5_000 });
			expect(await kept(cache, "long")).toBe("1");
		});

		it("keeps nothing for no time", async () => {
			await fill(cache, "a", "1", 0);
			expect(await kept(cache, "a")).toBeUndefined();
		});

		it("gives an answer that is too large to be kept", async () => {
			const large = "x".repeat(2 * 1024 * 1024);
			await fill(cache, "a", large);
			expect(await kept(cache, "a")).toBeUndefined();
		});

		it("computes once for all who ask meanwhile", async () => {
			const one = held("1");
			const answers = Array.from({ length: 20 }, () => cache.answer("a", minuteMs, one.compute));
			await vi.waitFor(() => expect(one.times()).toBe(1));
			one.end();
			expect(new Set(await Promise.all(answers))).toEqual(new Set(["1"]));
			expect(one.times()).toBe(1);
		});

		it("tells a failure to all who asked, and computes again for the next", async () => {
			const bad = held("never");
			const answers = Array.from({ length: 3 }, () => cache.answer("a", minuteMs, bad.compute));
			bad.fail(new Error("the catalog is away"));
			for (const answer of await Promise.allSettled(answers)) expect(answer).toMatchObject({ status: "rejected" });
			await fill(cache, "a", "2");
			expect(await kept(cache, "a")).toBe("2");
		});

		it("does not keep what was invalidated while it was computed, nor give it to who asks later", async () => {
			const old = held("old");
			const asked = cache.answer("jobs/1", minuteMs, old.compute);
			await vi.waitFor(() => expect(old.times()).toBe(1));
			await cache.invalidate("jobs/");
			await fill(cache, "jobs/1", "new");
			old.end();
			expect(await asked).toBe("old");
			expect(await kept(cache, "jobs/1")).toBe("new");
		});

		it("forgets every key of a prefix, and no other", async () => {
			const keys = ["jobs", "jobs/1", "jobs/2", "results/1"];
			for (const key of keys) await fill(cache, key, "1");
			await cache.invalidate("jobs/");
			expect(await Promise.all(keys.map((key) => kept(cache, key)))).toEqual(["1", undefined, undefined, "1"]);
		});

		it("takes a prefix literally", async () => {
			const keys = ["a*b", "axb", "[ab]c", "a?", "a\\"];
			for (const key of keys) await fill(cache, key, "1");
			for (const prefix of ["a*", "[ab]", "a?", "a\\"]) await cache.invalidate(prefix);
			const left = await Promise.all(keys.map((key) => kept(cache, key)));
			expect(left).toEqual([undefined, "1", undefined, undefined, undefined]);
		});

		it("forgets everything by the empty prefix", async () => {
			await fill(cache, "a", "1");
			await cache.invalidate("");
			expect(await kept(cache, "a")).toBeUndefined();
		});

		it("answers after it was closed, and can be closed twice", async () => {
			await cache.close();
			await cache.close();
			await fill(cache, "a", "1");
			await cache.invalidate("a");
		});
	});
}
