import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Workbench } from "#cli/application.ts";
import { operationTargets } from "#domain/operation.ts";
import { SmallLab } from "#test/support/small-lab.ts";

let lab: SmallLab;
let bench: Workbench;
beforeEach(async () => {
	lab = new SmallLab();
	bench = await lab.open();
});
afterEach(async () => {
	await bench.close();
	await lab.remove();
});

async function settled(name = "a.csv"): Promise<string> {
	lab.write(name, "od 1");
	const { id } = await lab.takeIn(bench, await lab.settle(bench, name));
	return id;
}

describe("cancel", () => {
	test("ends a job, says who and why, and is told by why; a second time it says that it was so", async () => {
		const job = await settled();
		const first = await lab.run("cancel", job, "--why", "wrong plate");
		expect(first).toMatchObject({ exitCode: 0, stdout: `job ${job} is cancelled\n` });
		expect((await lab.run("cancel", job)).stdout).toBe(`job ${job} was cancelled before\n`);
		expect((await lab.run("why", "plates/a.csv")).stdout).toMatch(/elisa was cancelled by cli:.+@.+: wrong plate/);
		const json = JSON.parse((await lab.run("cancel", job, "--json")).stdout);
		expect(json).toMatchObject({ kind: "cancel", target: { type: "job", name: job, path: null }, state: "completed" });
	});

	test("refuses what is over, and what is not there", async () => {
		lab.write("b.csv", "od 2");
		const { job } = await lab.analyse(bench, "b.csv");
		const over = await lab.run("cancel", job);
		expect(over).toMatchObject({ exitCode: 1, stderr: expect.stringContaining("is completed: it is over") });
		expect(over.stderr).toContain(`watchrabbit replay ${job}`);
		expect(await lab.run("cancel", "j0")).toMatchObject({ exitCode: 2, stderr: expect.stringContaining("no job j0") });
	});
});

describe("what is held back", () => {
	test("is told by why, by list and by operations, until it is resumed", async () => {
		await settled();
		const target = { type: "pipeline", name: "elisa" } as const;
		const by = "user:anna";
		await bench.catalog.operations.request({ kind: "pause", target, by, why: "new script" }, Date.now());
		const held = /pipeline elisa is paused since .+, by user:anna: new script/;
		expect((await lab.run("why", "plates/a.csv")).stdout).toMatch(held);
		expect((await lab.run("list", "jobs")).stderr).toMatch(held);
		expect((await lab.run("operations")).stdout).toMatch(held);
		const [pause, operation] = (await lab.run("operations", "--json")).stdout
			.trim()
			.split("\n")
			.map((line) => JSON.parse(line));
		expect(pause).toMatchObject({ pause: { target: { type: "pipeline", name: "elisa" }, why: "new script" } });
		expect(operation).toMatchObject({ kind: "pause", state: "completed" });
		await bench.catalog.operations.request({ kind: "resume", target, by }, Date.now());
		expect((await lab.run("why", "plates/a.csv")).stdout).toContain("elisa waits in the queue (job");
		expect((await lab.run("list", "jobs")).stderr).toBe("");
	});

	test("of a source is why a file that settled is not taken in", async () => {
		lab.write("a.csv", "od 1");
		const { stdout } = await lab.run("pause", "source", "plates");
		expect(stdout).toBe(
			"source plates is paused: its files are noticed and settle, and are published when it is resumed\n",
		);
		await lab.settle(bench, "a.csv");
		expect((await lab.run("why", "plates/a.csv")).stdout).toMatch(/settled: waits: source plates is paused since/);
	});

	test.each([
		[["pause", "source", "plats"], "no source plats"],
		[["pause", "job", "j0"], "Allowed choices are source, pipeline, pool"],
		[["resume", "source"], "which source"],
		[["rescan", "plats"], "no source plats"],
		[["quarantine", "plats", "a.csv"], "no source plats"],
		[["quarantine", "plates", "/elsewhere/a.csv"], "does not lie in source plates"],
		[["drain", "lab-pc"], "HOST:PID"],
		[["operations", "o0"], "no operation o0"],
		[["operations", "--limit", "none"], "--limit none"],
	])("refuses %j, as called wrongly", async (argv, says) => {
		expect(await lab.run(...argv)).toMatchObject({ exitCode: 2, stderr: expect.stringContaining(says) });
	});
});

test("every operation has a command, with an example and a reason", async () => {
	for (const kind of Object.keys(operationTargets)) {
		const { stdout } = await lab.run(kind, "--help");
		expect(stdout).toMatch(/--why <reason>/);
		expect(stdout).toMatch(/Examples?:/);
	}
});
