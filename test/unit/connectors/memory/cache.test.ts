import { describe, expect, it } from "vitest";
import { MemoryCache } from "#connectors/memory/cache.ts";

describe("the cache in memory", () => {
	it("lets go of what was not asked for the longest when it is full", async () => {
		const cache = new MemoryCache({ maxCharacters: 50 });
		for (const key of ["a", "b", "c"]) await cache.set(key, "x".repeat(14), 60_000);
		await cache.get("a");
		await cache.set("d", "x".repeat(14), 60_000);
		expect(await cache.get("a")).toBeDefined();
		expect(await cache.get("b")).toBeUndefined();
	});

	it("does not take an answer that is larger than all of it, and keeps the others", async () => {
		const cache = new MemoryCache({ maxCharacters: 50 });
		await cache.set("a", "x", 60_000);
		await cache.set("b", "x".repeat(100), 60_000);
		expect(await cache.get("b")).toBeUndefined();
		expect(await cache.get("a")).toBe("x");
	});
});
