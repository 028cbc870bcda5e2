import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { processEntry } from "#r-workers/processes.ts";
import { dataVariable, ownerMark, ownerVariable, sweepOrphans } from "#r-workers/sweep.ts";
import { RBench, until } from "#test/support/r-bench.ts";
import { describeWith } from "#test/support/services.ts";

let bench: RBench;
beforeEach(() => {
	bench = new RBench();
});
afterEach(() => bench.clean());

describeWith("r", "kill -9 of the process that holds the pool", () => {
	test.each(["fork", "spare"])(
		"ends R, the run under way and what it started, by itself (engine %s)",
		async (engine) => {
			const request = bench.request(
				`system("setsid sleep 300 &"); cat("x", file = file.path(commandArgs(TRUE), "x")); repeat {}`,
			);
			const holder = spawn(
				process.execPath,
				["--conditions=source", new URL("./pool-holder.ts", import.meta.url).pathname],
				{
					env: {
						...process.env,
						REQUEST: JSON.stringify(request),
						BENCH_ID: bench.id,
						POOL: `${bench.path}/pool`,
						ENGINE: engine,
					},
					stdio: "inherit",
				},
			);
			await until(() => existsSync(join(request.directory, "out/x")), "the run is under way");
			await until(() => readdirSync(join(bench.path, "pool")).length === 0, "no worker is just starting");
			expect((await bench.processes()).length).toBeGreaterThanOrEqual(3);
			holder.kill("SIGKILL");
			await once(holder, "exit");
			await until(async () => (await bench.processes()).length === 0, "nothing of them is left");
		},
	);
});

test("at start-up what a dead owner left is killed, what a living one runs is not", async () => {
	const start = (owner: string) =>
		spawn("sleep", ["300"], {
			env: { ...process.env, [dataVariable]: bench.id, [ownerVariable]: owner },
			detached: true,
		});
	const ours = start(ownerMark());
	const reused = start(`${process.pid}-${(processEntry(process.pid)?.startTicks ?? 0) - 1}`);
	const orphan = start("999999999-5");
	const gone = Promise.all([once(reused, "exit"), once(orphan, "exit")]);
	expect(await sweepOrphans(bench.id)).toBe(2);
	await gone;
	expect(await bench.processes()).toEqual([ours.pid]);
	expect(await sweepOrphans("another data directory")).toBe(0);
	ours.kill("SIGKILL");
	await once(ours, "exit");
});
