import { expect, it } from "vitest";
import { isLed } from "#r-workers/sweep.ts";

it("a worker that never started, whose pid is 0, leads no process: what the system itself runs is not killed", () => {
	expect(isLed({ session: 0 }, 0)).toBe(false);
	expect(isLed({ session: 17 }, 17)).toBe(true);
	expect(isLed({ session: 17 }, 18)).toBe(false);
});
