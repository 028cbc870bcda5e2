import { createPool } from "#r-workers/pool.ts";

/** A process that holds a pool with one run under way, to be killed. */
const { REQUEST = "", BENCH_ID = "", POOL = "", ENGINE } = process.env;
const settings = {
	name: "held",
	workers: 1,
	engine: ENGINE as "fork" | "spare",
	preload: [],
	memoryBytes: undefined,
	outputBytes: 1e6,
	environment: [],
	libraries: [],
	recycleRuns: undefined,
} as const;
const pool = createPool(
	{ ...settings, rscript: undefined },
	{ directory: POOL, dataDirectoryId: BENCH_ID, report: () => {} },
);
await pool.run(JSON.parse(REQUEST));
