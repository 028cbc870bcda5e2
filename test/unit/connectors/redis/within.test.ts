import { stat } from "node:fs/promises";
import { setImmediate as nextTurn } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { within } from "#connectors/redis/within.ts";

describe("an answer within its time", () => {
	it("is given, and so is a failure", async () => {
		expect(await within(10_000, Promise.resolve("1"))).toBe("1");
		await expect(within(10_000, Promise.reject(new Error("refused")))).rejects.toThrow("refused");
	});

	it("fails as transient when it does not come", async () => {
		const never = new Promise(() => {});
		await expect(within(10, never)).rejects.toMatchObject({ code: "CACHE_SLOW", class: "transient" });
	});

	it("is not late when it came, and this process was too busy to look", async () => {
		// From here the timers come first, and only then what has come in.
		await nextTurn();
		const answer = within(20, stat("."));
		const end = performance.now() + 200;
		while (performance.now() < end);
		expect((await answer).isDirectory()).toBe(true);
	});
});
