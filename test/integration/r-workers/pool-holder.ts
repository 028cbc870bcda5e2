import { createPool } from "#r-workers/pool.ts";
import { poolSettings } from "#test/support/pool-settings.ts";

/** A process that holds a pool with one run under way, to be killed. */
const { REQUEST = "", BENCH_ID = "", POOL = "", ENGINE } = process.env;
const pool = createPool(poolSettings({ engine: ENGINE as "fork" | "spare" }), {
	directory: POOL,
	dataDirectoryId: BENCH_ID,
	report: () => {},
});
await pool.run(JSON.parse(REQUEST));
