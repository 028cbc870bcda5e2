import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { forkEngine } from "#r-workers/fork-engine.ts";
import { WorkerPool } from "#r-workers/worker-pool.ts";
import { benchPoolSettings, RBench } from "#test/support/r-bench.ts";
import { describeWith, requireR } from "#test/support/services.ts";

let bench: RBench;
beforeEach(() => {
	bench = new RBench();
});
afterEach(() => bench.clean());

const saysItsParent = `wr_measure("parent", as.numeric(strsplit(readLines("/proc/self/stat"), " ")[[1]][[4]]))`;

describeWith("r", "A warm R that has served enough runs", () => {
	test("is replaced by a new one, and no run notices", async () => {
		const placement = { directory: join(bench.path, "pool"), dataDirectoryId: bench.id, environment: process.env };
		const engine = { ...forkEngine(requireR(), benchPoolSettings, placement), runsPerProcess: 2 };
		const pool = new WorkerPool(benchPoolSettings, engine, "the test says so", (event) => bench.reported.push(event));
		try {
			const records = await Promise.all([1, 2, 3, 4, 5].map(() => bench.complete(pool, saysItsParent)));
			const parents = records.map(({ measurements }) => measurements[0]?.value);
			expect(parents.map((parent) => parents.indexOf(parent))).toEqual([0, 0, 2, 2, 4]);
			expect(bench.reported.filter(({ event }) => event === "pool.trouble")).toEqual([]);
		} finally {
			await pool.close(0);
		}
	});
});
