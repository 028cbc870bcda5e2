import { describe, expect, it } from "vitest";
import { MemoryCache } from "#connectors/memory/cache.ts";
import { fill, kept } from "../../../contract/cache.ts";

describe("the cache in memory", () => {
	it("lets go of what was not asked for the longest when it is full", async () => {
		const cache = new MemoryCache({ maxCharacters: 50 });
		for (const key of ["a", "b", "c"]) await fill(cache, key, "x".repeat(14));
		await kept(cache, "a");
		await fill(cache, "d", "x".repeat(14));
		expect(await kept(cache, "a")).toBeDefined();
		expect(await kept(cache, "b")).toBeUndefined();
	});

	it("does not take an answer that is larger than all of it, and keeps the others", async () => {
		const cache = new MemoryCache({ maxCharacters: 50 });
		await fill(cache, "a", "x");
		await fill(cache, "b", "x".repeat(100));
		expect(await kept(cache, "b")).toBeUndefined();
		expect(await kept(cache, "a")).toBe("x");
	});
});
