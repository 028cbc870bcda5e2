import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Cache } from "#core/ports/cache.ts";

export interface CacheUnderTest {
	/** False: whatever it kept may be forgotten at any time, and is (its server is away). What it gives is right all the same. */
	readonly keeps?: false;
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

		async function expectKept(key: string, value: string): Promise<void> {
			expect(await kept(cache, key)).toBe(under.keeps === false ? undefined : value);
		}

		/** Keeps an answer, as far as it can; a cache may take its time for it. */
		async function keep(key: string, value: string): Promise<void> {
			await fill(cache, key, value);
			await vi.waitFor(() => expectKept(key, value));
		}

		it("gives again what was computed, and nothing for what was not", async () => {
			await keep("a", "1 µg");
			expect(await kept(cache, "b")).toBeUndefined();
		});

		it("keeps an empty answer apart from none", async () => {
			await keep("a", "");
		});

		it("forgets an answer when its time is over", async () => {
			await fill(cache, "short", "1", 20);
			await keep("long", "1");
			await vi.waitFor(async () => expect(await kept(cache, "short")).toBeUndefined(), { timeout: 5_000 });
			await expectKept("long", "1");
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
			await vi.waitFor(() => expect(bad.times()).toBe(1));
			bad.fail(new Error("the catalog is away"));
			for (const answer of await Promise.allSettled(answers)) expect(answer).toMatchObject({ status: "rejected" });
			await keep("a", "2");
		});

		it("does not keep what was invalidated while it was computed, nor give it to who asks later", async () => {
			const old = held("old");
			const asked = cache.answer("jobs/1", minuteMs, old.compute);
			await vi.waitFor(() => expect(old.times()).toBe(1));
			await cache.invalidate("jobs/");
			await keep("jobs/1", "new");
			old.end();
			expect(await asked).toBe("old");
			await expectKept("jobs/1", "new");
		});

		it("forgets every key of a prefix, and no other", async () => {
			const keys = ["jobs", "jobs/1", "jobs/2", "results/1"];
			for (const key of keys) await keep(key, "1");
			await cache.invalidate("jobs/");
			await expectKept("jobs", "1");
			await expectKept("results/1", "1");
			expect(await Promise.all(["jobs/1", "jobs/2"].map((key) => kept(cache, key)))).toEqual([undefined, undefined]);
		});

		it("takes a prefix literally", async () => {
			const keys = ["a*b", "axb", "[ab]c", "a?", "a\\"];
			for (const key of keys) await keep(key, "1");
			for (const prefix of ["a*", "[ab]", "a?", "a\\"]) await cache.invalidate(prefix);
			await expectKept("axb", "1");
			const others = keys.filter((key) => key !== "axb");
			expect((await Promise.all(others.map((key) => kept(cache, key)))).filter((value) => value !== undefined)).toEqual(
				[],
			);
		});

		it("forgets everything by the empty prefix", async () => {
			await keep("a", "1");
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
