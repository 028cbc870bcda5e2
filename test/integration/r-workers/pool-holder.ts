import { createPool } from "#r-workers/pool.ts";
import { poolSettings } from "#test/support/pool-settings.ts";

/** A process that holds a pool with one run under way, to be killed; if it is not, it prints the run's log. */
const { REQUEST = "", BENCH_ID = "", POOL = "", SETTINGS = "{}" } = process.env;
const pool = createPool(poolSettings(JSON.parse(SETTINGS)), {
	directory: POOL,
	dataDirectoryId: BENCH_ID,
	report: () => {},
});
const { log } = await pool.run(JSON.parse(REQUEST));
await pool.close(0);
process.stdout.write(log);
