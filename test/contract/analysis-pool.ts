import { afterAll, beforeAll, describe } from "vitest";
import type { AnalysisPool } from "#core/ports/analysis-pool.ts";
import { RBench } from "#test/support/r-bench.ts";
import { describeBeginning } from "./analysis-pool/beginning.ts";
import { describeEndings } from "./analysis-pool/endings.ts";
import { describeHostile } from "./analysis-pool/hostile.ts";
import { describeIsolation } from "./analysis-pool/isolation.ts";
import { describeKinds } from "./analysis-pool/kinds.ts";
import { describeLifecycle } from "./analysis-pool/lifecycle.ts";
import { describeLimits } from "./analysis-pool/limits.ts";
import { describePackage } from "./analysis-pool/package.ts";
import { describePlots } from "./analysis-pool/plots.ts";
import { describeRuns } from "./analysis-pool/runs.ts";
import { describeTables } from "./analysis-pool/tables.ts";
import { describeValues } from "./analysis-pool/values.ts";

/** What an engine can do, where engines differ. */
export interface EngineCapabilities {
	readonly engine: "fork" | "spare" | "wasm";
	/** Scripts can start other programs. */
	readonly programs: boolean;
	/** Temporary files lie on the machine's disk and are files of its kernel; else in the engine's own memory. */
	readonly temporaryOnDisk: boolean;
}

export interface PoolUnderTest {
	readonly bench: RBench;
	readonly pool: AnalysisPool;
	readonly can: EngineCapabilities;
}

/** What every engine must do. One pool serves all: each test is the next run of a process that served the others. */
export function describeAnalysisPool(can: EngineCapabilities): void {
	describe(`analysis pool, engine ${can.engine}`, () => {
		let bench: RBench;
		let pool: AnalysisPool;
		beforeAll(async () => {
			bench = new RBench();
			pool = bench.pool({ engine: can.engine, workers: 1 });
			await pool.start();
		});
		afterAll(() => bench.clean());
		const use = (): PoolUnderTest => ({ bench, pool, can });
		describeBeginning(use, can);
		describeRuns(use);
		describeKinds(use);
		describeValues(use);
		describeTables(use);
		describePlots(use);
		describePackage(use);
		describeEndings(use);
		describeIsolation(use);
		describeHostile(use, can);
		describeLimits(can);
		describeLifecycle(can);
	});
}
