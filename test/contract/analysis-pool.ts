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

const engines: Readonly<Record<EngineCapabilities["engine"], EngineCapabilities>> = {
	fork: { engine: "fork", programs: true, temporaryOnDisk: true },
	spare: { engine: "spare", programs: true, temporaryOnDisk: true },
	wasm: { engine: "wasm", programs: false, temporaryOnDisk: false },
};

/** What every engine must do with an analysis. */
export function describeAnalysisPool(engine: EngineCapabilities["engine"]): void {
	describeEngine(`analysis pool, engine ${engine}`, engine, (use) => {
		describeRuns(use);
		describeKinds(use);
		describeValues(use);
		describeTables(use);
		describePlots(use);
		describePackage(use);
		describeEndings(use);
	});
}

/** How every engine keeps its runs apart, and within their limits. */
export function describeIsolatedPool(engine: EngineCapabilities["engine"]): void {
	describeEngine(`runs apart from one another, engine ${engine}`, engine, (use, can) => {
		describeBeginning(use, can);
		describeIsolation(use);
		describeHostile(use, can);
		describeLimits(can);
		describeLifecycle(can);
	});
}

/** One pool serves all: each test is the next run of a process that served the others. */
function describeEngine(
	title: string,
	engine: EngineCapabilities["engine"],
	body: (use: () => PoolUnderTest, can: EngineCapabilities) => void,
): void {
	describe(title, () => {
		const can = engines[engine];
		let bench: RBench;
		let pool: AnalysisPool;
		beforeAll(async () => {
			bench = new RBench();
			pool = bench.pool({ engine, workers: 1 });
			await pool.start();
		});
		afterAll(() => bench.clean());
		body(() => ({ bench, pool, can }), can);
	});
}
