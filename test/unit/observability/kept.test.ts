import { expect, test, vi } from "vitest";
import { kept, twentyTimes } from "#observability/kept.ts";

test("an answer is given again for as long as it is kept, and found once for all who ask meanwhile", async () => {
	let asked = 0;
	const forEver = kept(
		async () => ++asked,
		() => Number.POSITIVE_INFINITY,
	);
	expect(await Promise.all([forEver(), forEver()])).toEqual([1, 1]);
	expect(await forEver()).toBe(1);
	const never = kept(
		() => ++asked,
		() => -1,
	);
	expect([await never(), await never()]).toEqual([2, 3]);
});

test("a failure is not kept, and told to all who waited", async () => {
	const ask = vi.fn().mockRejectedValueOnce(new Error("away")).mockResolvedValue("here");
	const answer = kept(ask, twentyTimes);
	expect((await Promise.allSettled([answer(), answer()])).map(({ status }) => status)).toEqual([
		"rejected",
		"rejected",
	]);
	expect(await answer()).toBe("here");
	expect(ask).toHaveBeenCalledTimes(2);
});
