import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { AnalysisPool } from "#core/ports/analysis-pool.ts";
import { processEntry } from "#r-workers/processes.ts";
import { RBench, until } from "#test/support/r-bench.ts";
import { describeWith } from "#test/support/services.ts";

let bench: RBench;
let pool: AnalysisPool;
beforeEach(() => {
	bench = new RBench();
});
afterEach(() => bench.clean());

/** The processes of the pool's one worker: first the one that leads its session, then R or what it runs in, then runs. */
async function workerProcesses(): Promise<number[]> {
	const started = (pid: number) => processEntry(pid)?.startTicks ?? 0;
	return (await bench.processes()).sort((a, b) => started(a) - started(b) || a - b);
}

const filesOfPool = () => readdirSync(join(bench.path, "pool"));

describeWith("r", "kill -9 of a process of a worker", () => {
	const killed = [
		["fork", "R's supervisor", 0, 2],
		["fork", "R", 1, 2],
		["spare", "R's supervisor", 0, 2],
		["spare", "R", 1, 2],
		["wasm", "the host of webR", 0, 1],
	] as const;
	describe.each(killed)("engine %s: %s", (engine, _, nth, count) => {
		async function ready(): Promise<number> {
			pool = bench.pool({ engine });
			await pool.start();
			await until(async () => (await workerProcesses()).length === count, "the worker stands alone");
			return (await workerProcesses())[nth] as number;
		}
		/** The pool has a worker again, and that is all there is of it. */
		async function isHealthy(dead: number): Promise<void> {
			await bench.complete(pool, "1");
			await until(async () => (await workerProcesses()).length === count, "the worker stands alone again");
			expect(await workerProcesses()).not.toContain(dead);
			await until(() => filesOfPool().length === 0, "its directory is empty");
			expect(bench.reported.filter(({ event }) => event === "pool.leftover")).toEqual([]);
		}

		test("while nothing runs", async () => {
			const pid = await ready();
			const [leader] = await workerProcesses();
			bench.kill(pid);
			await until(() => !existsSync(`/proc/${leader}`), "it is known to be gone");
			await until(async () => {
				const now = await workerProcesses();
				return now.length === count && !now.includes(pid);
			}, "another one is ready, before there is a run for it");
			const replaced = bench.reported.filter(({ event }) => event === "worker.replaced");
			expect(replaced).toMatchObject(engine === "fork" ? [{ why: "died" }] : []);
			await isHealthy(pid);
		});

		test("while a run is under way: it has its record, which says that it was killed and may be tried again", async () => {
			const pid = await ready();
			const request = bench.request(`file.create(file.path(commandArgs(TRUE), "begun")); cat("so far\\n"); repeat {}`);
			const running = pool.run(request);
			await until(() => existsSync(join(request.directory, "out/begun")), "the run is under way");
			bench.kill(pid);
			const { outcome, cause } = await running;
			expect([outcome, cause?.class, cause?.code]).toEqual(["failed", "transient", "R_KILLED"]);
			expect(cause?.message).toMatch(/^the R process ended without a word, not by us: /);
			await isHealthy(pid);
		});
	});
});
