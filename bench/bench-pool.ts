import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { loadSettings } from "#config/load.ts";
import type { AnalysisPool, AnalysisRecord, AnalysisRequest } from "#core/ports/analysis-pool.ts";
import { createPool } from "#r-workers/pool.ts";

/** Loaded in every R that the benches of R compare, as the reports and plots of a lab need them. */
export const packages = ["ggplot2", "rmarkdown"];

export interface Asked {
	readonly engine: AnalysisPool["engine"];
	readonly workers: number;
	readonly preload: readonly string[];
}

/** A pool as a configuration describes it, without all that comes before R and after it. */
export class BenchPool {
	readonly pool: AnalysisPool;
	readonly #directory: string;
	#serial = 0;

	private constructor(pool: AnalysisPool, directory: string) {
		this.pool = pool;
		this.#directory = directory;
	}

	/** `directory`: made here, its own. Nothing is started yet. */
	static async at(directory: string, { engine, workers, preload }: Asked): Promise<BenchPool> {
		mkdirSync(directory, { recursive: true });
		const file = join(directory, "watchrabbit.yaml");
		writeFileSync(
			file,
			`pools: { bench: { engine: ${engine}, workers: ${workers}, preload: [${preload.join(", ")}] } }\n`,
		);
		const { settings } = await loadSettings(file, {});
		const named = settings.pools.find(({ name }) => name === "bench");
		if (named === undefined) throw new Error(`${file} has no pool named bench`);
		const pool = createPool(named, { directory: join(directory, "pool"), report: () => {} });
		return new BenchPool(pool, directory);
	}

	request(script: string): AnalysisRequest {
		const id = `run-${this.#serial++}`;
		const directory = join(this.#directory, id);
		mkdirSync(directory);
		return {
			id,
			script,
			inputs: [],
			inputNames: [],
			params: {},
			directory,
			seed: 1,
			timeoutMs: 600_000,
			priority: 5,
			traceparent: "00-0123456789abcdef0123456789abcdef-0123456789abcdef-01",
		};
	}

	/** Milliseconds from the call to the record. The run's directory is there before, and removed afterwards. */
	async run(script: string): Promise<number> {
		const request = this.request(script);
		const startedAt = performance.now();
		const record = await this.pool.run(request);
		const ms = performance.now() - startedAt;
		refuseFailed(record);
		rmSync(request.directory, { recursive: true });
		return ms;
	}

	async close(): Promise<void> {
		await this.pool.close(0);
	}
}

function refuseFailed({ outcome, cause, log }: AnalysisRecord): void {
	if (outcome !== "completed") throw new Error(`a run ended as ${outcome}: ${cause?.message}\n${log}`);
}
