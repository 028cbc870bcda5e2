import { expect, test } from "vitest";
import { Credits } from "#runtime/credits.ts";

test("a total that goes down leaves none free until enough were given back", async () => {
	let total = 4;
	const credits = new Credits(() => total);
	credits.take(3);
	expect(credits.free).toBe(1);
	total = 2;
	expect(credits.free).toBe(-1);
	let some = false;
	const waited = credits.some(new AbortController().signal).then(() => {
		some = true;
	});
	credits.give();
	await Promise.resolve();
	expect([credits.free, some]).toEqual([0, false]);
	credits.give();
	await waited;
	expect([credits.free, credits.inUse]).toEqual([1, 1]);
});
