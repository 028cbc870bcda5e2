import { afterEach, beforeEach, expect, test } from "vitest";
import { RBench } from "#test/support/r-bench.ts";
import { describeWith, requireR } from "#test/support/services.ts";

let bench: RBench;
beforeEach(() => {
	bench = new RBench();
});
afterEach(() => bench.clean());

const saysItsParent = `wr_measure("parent", as.numeric(strsplit(readLines("/proc/self/stat"), " ")[[1]][[4]]))`;

const replacedBecause = () => bench.reported.flatMap((told) => (told.event === "worker.replaced" ? [told.why] : []));

describeWith("r", "A warm R that has served enough runs", () => {
	test("is replaced by a new one, and no run notices", async () => {
		const pool = bench.pool({ engine: "fork", rscript: requireR(), recycleRuns: 2 });
		const records = await Promise.all([1, 2, 3, 4, 5].map(() => bench.complete(pool, saysItsParent)));
		const parents = records.map(({ measurements }) => measurements[0]?.value);
		expect(parents.map((parent) => parents.indexOf(parent))).toEqual([0, 0, 2, 2, 4]);
		expect(bench.reported.filter(({ event }) => event === "pool.trouble")).toEqual([]);
		expect(replacedBecause()).toEqual(["runs", "runs"]);
		expect(pool.load).toEqual({ running: 0, idle: 1, waiting: 0 });
		const starts = bench.reported.filter(({ event }) => event === "worker.ready");
		expect(starts).toHaveLength(3);
	});

	test.each([
		["more", 1_000_000, [0, 1, 2]],
		["less", 10e9, [0, 0, 0]],
	])("one that takes %s memory than it may between two runs", async (_, recycleBytes, parents) => {
		const pool = bench.pool({ engine: "fork", rscript: requireR(), recycleBytes });
		const seen: unknown[] = [];
		for (let i = 0; i < 3; i++) seen.push((await bench.complete(pool, saysItsParent)).measurements[0]?.value);
		expect(seen.map((parent) => seen.indexOf(parent))).toEqual(parents);
		const again = parents.filter((parent) => parent > 0);
		expect(new Set(replacedBecause())).toEqual(new Set(again.map(() => "memory")));
	});
});
