import { describe, expect, it } from "vitest";
import { Turns } from "#connectors/s3/turns.ts";

describe("turns", () => {
	it("lets so many run at once, the others in their order, also after one that failed", async () => {
		const turns = new Turns(2);
		const begun: number[] = [];
		let running = 0;
		let most = 0;
		const tasks = [0, 1, 2, 3, 4].map((n) =>
			turns.take(async () => {
				begun.push(n);
				most = Math.max(most, ++running);
				await Promise.resolve();
				running--;
				if (n === 1) throw new Error("fails");
				return n;
			}),
		);
		const results = await Promise.allSettled(tasks);
		expect(begun).toEqual([0, 1, 2, 3, 4]);
		expect(most).toBe(2);
		expect(results.map(({ status }) => status)).toEqual([
			"fulfilled",
			"rejected",
			"fulfilled",
			"fulfilled",
			"fulfilled",
		]);
	});
});
