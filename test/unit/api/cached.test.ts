import { expect, test } from "vitest";
import { cached } from "#api/cached.ts";
import { MemoryCache } from "#connectors/memory/cache.ts";
import type { Cache } from "#core/ports/cache.ts";

const manifest = { text: "{}", sha256: "ab" };

test("an answer of a declared kind is read once", async () => {
	const cache = new MemoryCache();
	let reads = 0;
	const read = async () => {
		reads++;
		return manifest;
	};
	for (const _ of [1, 2]) expect(await cached(cache, "manifest", ["r1"], read)).toEqual(manifest);
	expect(await cached(cache, "manifest", ["r2"], read)).toEqual(manifest);
	expect(reads).toBe(2);
});

test("names with separators in them do not share a key", async () => {
	const cache = new MemoryCache();
	const keys: string[] = [];
	const spy: Cache = {
		answer: (key, ttlMs, compute) => {
			keys.push(key);
			return cache.answer(key, ttlMs, compute);
		},
		invalidate: (prefix) => cache.invalidate(prefix),
		look: () => cache.look(),
		close: () => cache.close(),
	};
	await cached(spy, "manifest", ["a/b"], async () => manifest);
	await cached(spy, "manifest", ["a", "b"], async () => manifest);
	expect(new Set(keys).size).toBe(2);
});

test.each(["not JSON", "null", '{"text":1}'])(
	"a kept answer that cannot be read (%s) is dropped, and read anew",
	async (kept) => {
		const cache = new MemoryCache();
		const foreign: Cache = {
			answer: async (key, ttlMs) => await cache.answer(key, ttlMs, async () => kept),
			invalidate: (prefix) => cache.invalidate(prefix),
			look: () => cache.look(),
			close: () => cache.close(),
		};
		await cached(foreign, "manifest", ["r"], async () => manifest);
		expect(await cached(cache, "manifest", ["r"], async () => manifest)).toEqual(manifest);
	},
);
