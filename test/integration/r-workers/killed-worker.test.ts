import { spawn } from "node:child_process";
import { once } from "node:events";
import { afterEach, beforeEach, expect, test } from "vitest";
import { processEntry } from "#r-workers/processes.ts";
import { dataVariable, ownerMark, ownerVariable, sweepOrphans } from "#r-workers/sweep.ts";
import { RBench, until } from "#test/support/r-bench.ts";
import { describeWith } from "#test/support/services.ts";
import { killHolder } from "./kill-holder.ts";

let bench: RBench;
beforeEach(() => {
	bench = new RBench();
});
afterEach(() => bench.clean());

describeWith("r", "kill -9 of the process that holds the pool", () => {
	test.each(["fork", "spare"])(
		"ends R, the run under way and what it started, by itself (engine %s)",
		async (engine) => {
			const script = `system("setsid sleep 300 &"); file.create(file.path(commandArgs(TRUE), "begun")); repeat {}`;
			await killHolder(bench, engine, bench.request(script), async () => {
				expect((await bench.processes()).length).toBeGreaterThanOrEqual(3);
			});
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
