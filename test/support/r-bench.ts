import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import type { AnalysisPool, AnalysisRecord, AnalysisRequest } from "#core/ports/analysis-pool.ts";
import type { InternalEvent } from "#domain/report.ts";
import type { PoolSettings } from "#domain/settings.ts";
import { kill } from "#r-workers/kill.ts";
import { createPool, type PoolOptions } from "#r-workers/pool.ts";
import { allProcesses, environmentOf } from "#r-workers/processes.ts";
import { dataVariable } from "#r-workers/sweep.ts";
import { poolSettings } from "./pool-settings.ts";
import { temporaryDirectory } from "./temporary-directory.ts";

/** A directory with scripts, runs and pools of one test; `clean` asserts that neither process nor file is left of them. */
export class RBench {
	readonly #directory = temporaryDirectory();
	readonly #pools: AnalysisPool[] = [];
	readonly id = `bench-${process.pid}-${Math.random().toString(36).slice(2)}`;
	readonly reported: InternalEvent[] = [];
	#serial = 0;

	get path(): string {
		return this.#directory.path;
	}

	pool(settings: Partial<PoolSettings>, options: Partial<PoolOptions> = {}): AnalysisPool {
		const pool = createPool(poolSettings({ name: "bench", ...settings }), {
			directory: join(this.path, "pool"),
			dataDirectoryId: this.id,
			report: (event) => this.reported.push(event),
			...options,
		});
		this.#pools.push(pool);
		return pool;
	}

	file(name: string, content: string | Uint8Array): string {
		const path = join(this.path, name);
		writeFileSync(path, content);
		return path;
	}

	/** A request with a directory of its own; the script is given as its text. */
	request(script: string, given: Partial<AnalysisRequest> = {}): AnalysisRequest {
		const id = `run-${++this.#serial}`;
		const directory = join(this.path, id);
		mkdirSync(directory);
		return {
			id,
			script: this.file(`${id}.R`, script),
			inputs: [],
			inputNames: [],
			params: {},
			directory,
			seed: 20261121,
			timeoutMs: 60_000,
			priority: 5,
			traceparent: "00-0123456789abcdef0123456789abcdef-0123456789abcdef-01",
			...given,
		};
	}

	/** Runs a script that must complete. */
	async complete(pool: AnalysisPool, script: string, given: Partial<AnalysisRequest> = {}): Promise<AnalysisRecord> {
		const record = await pool.run(this.request(script, given));
		expect(record.cause).toBeUndefined();
		expect(record.outcome).toBe("completed");
		return record;
	}

	/** Processes that carry this bench's mark. */
	async processes(): Promise<number[]> {
		const pids: number[] = [];
		for await (const { pid } of allProcesses()) if (environmentOf(pid, dataVariable) === this.id) pids.push(pid);
		return pids;
	}

	/** Kills a process that carries this bench's mark, and no other. */
	kill(pid: number): void {
		expect(kill(pid, () => environmentOf(pid, dataVariable) === this.id)).toBe(true);
	}

	async clean(): Promise<void> {
		await Promise.all(this.#pools.map((pool) => pool.close(0)));
		const left = await this.processes();
		for (const pid of left) this.kill(pid);
		const files = readdirSync(this.path).includes("pool") ? readdirSync(join(this.path, "pool")) : [];
		this.#directory.remove();
		expect({ processes: left, files }).toEqual({ processes: [], files: [] });
	}
}

/** Waits for a condition of the outside world, with a bound. */
export async function until(
	condition: () => boolean | Promise<boolean>,
	what: string,
	boundMs = 20_000,
): Promise<void> {
	const end = performance.now() + boundMs;
	while (!(await condition())) {
		if (performance.now() > end) throw new Error(`waited ${boundMs} ms in vain until ${what}`);
		await new Promise((resolve) => setTimeout(resolve, 10));
	}
}
