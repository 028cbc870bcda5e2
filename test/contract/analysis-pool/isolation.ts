import { describe, expect, test } from "vitest";
import type { PoolUnderTest } from "../analysis-pool.ts";

export function describeIsolation(use: () => PoolUnderTest): void {
	describe("keeps runs apart", () => {
		test("another seed gives other numbers; a script's own seed gives those of plain R", async () => {
			const { bench, pool } = use();
			const numbers = async (script: string, seed: number) => (await bench.complete(pool, script, { seed })).log;
			expect(await numbers("runif(3)", 1)).toBe(await numbers("runif(3)", 1));
			expect(await numbers("runif(3)", 1)).not.toBe(await numbers("runif(3)", 2));
			expect(await numbers("set.seed(42); rnorm(3)", 1)).toBe("[1]  1.3709584 -0.5646982  0.3631284\n");
			expect(await numbers(`RNGkind("Wichmann-Hill"); set.seed(1); RNGkind()[1]`, 1)).toBe('[1] "Wichmann-Hill"\n');
		});

		test("what a script left open is in its files", async () => {
			const { bench, pool } = use();
			const script = `con <- file(file.path(commandArgs(TRUE), "open.txt"), "w")\ncat("last words", file = con)\nsink(file.path(commandArgs(TRUE), "sink.txt"))\nprint(1)`;
			const { artifacts } = await bench.complete(pool, script);
			expect(artifacts.map(({ name, size }) => [name, size])).toEqual([
				["open.txt", 10],
				["sink.txt", 6],
			]);
		});
	});
}
