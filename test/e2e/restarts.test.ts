import { randomUUID } from "node:crypto";
import { rename } from "node:fs/promises";
import { hostname } from "node:os";
import { afterEach, describe, expect, it } from "vitest";
import { leftovers } from "#test/support/independent-walk.ts";
import { countingScript, createLab, type ListedResult, measured, untilIdle } from "#test/support/lab.ts";
import { eventually, type Product } from "#test/support/product.ts";
import { type ListedJob, now, RunningLab, whyOf } from "#test/support/running-lab.ts";
import { describeWith } from "#test/support/services.ts";

let lab: Product;

afterEach(async () => {
	await lab.remove();
});

async function expectAllAccountedFor(): Promise<void> {
	const { code, stdout } = await lab.run("verify");
	expect(stdout).toContain("unaccounted: 0");
	expect(code).toBe(0);
}

describe("a second `up` on the same data directory", () => {
	it("is refused and names the first, which works on; one that was killed is not in the way", async () => {
		lab = await createLab();
		const first = lab.start("up");
		await first.address();
		const second = await lab.run("up");
		expect(second.code).toBe(1);
		expect(second.stderr).toContain(String(first.child.pid));
		expect(first.child.exitCode).toBeNull();
		await first.stop("SIGKILL");
		const third = await untilIdle(lab);
		expect(third.code, third.stderr).toBe(0);
	});
});

describe("objects that were being written by a process that was killed", () => {
	it("are gone after the next start, whoever wrote them on whatever host", async () => {
		lab = await createLab();
		for (const name of [`${hostname()},${process.pid},1`, "elsewhere,1,1", randomUUID()]) {
			await lab.write(`state/objects/.tmp/${name}`, "half of an obj");
		}
		const up = await untilIdle(lab);
		expect(up.code, up.stderr).toBe(0);
		expect(leftovers(lab.path("state"))).toEqual([]);
	});
});

describeWith("r", "an analysis that takes long", () => {
	const script = (seconds: number) => `Sys.sleep(${seconds})\nwr_measure("seconds", ${seconds}, unit = "s")\n`;

	async function running(seconds: number): Promise<RunningLab> {
		lab = await createLab({ script: script(seconds), source: "    complete: { quiet: 100ms }" });
		const up = await RunningLab.startIn(lab);
		await lab.write("data/plate.csv", "1;2;3\n");
		await up.job("count", ({ state }) => state === "running");
		return up;
	}

	it.each(["SIGTERM", "SIGINT"] as const)(
		"is let end when %s comes; up then ends with 0 and its result is kept",
		async (signal) => {
			const { up } = await running(3);
			const { code, stderr } = await up.stop(signal);
			expect(code, stderr).toBe(0);
			const results = await lab.json<ListedResult>("list", "results");
			expect(results.map((result) => measured(result, "seconds"))).toEqual([3]);
			await expectAllAccountedFor();
		},
	);

	it("is given up at a second signal, at once; the next start runs it again, and no attempt was used", async () => {
		const { up } = await running(6);
		up.child.kill("SIGTERM");
		// So soon after the first that it may be the same one passed on, a second one is not taken for one.
		await eventually(
			() => {
				up.child.kill("SIGTERM");
				return up.child.exitCode ?? undefined;
			},
			() => "it ended at a second signal",
		);
		expect((await up.ended).code).toBe(143);
		const again = await untilIdle(lab);
		expect(again.code, again.stderr).toBe(0);
		const [job] = await lab.json<ListedJob>("list", "jobs");
		expect(job).toMatchObject({ state: "completed", attemptsUsed: 1 });
		await expectAllAccountedFor();
	});

	it("is lost when the process is killed, which the next one tells once, by metrics and log, and runs it again", async () => {
		const killed = await running(2);
		await killed.up.stop("SIGKILL");
		const next = await RunningLab.startIn(lab);
		await next.job("count", ({ state }) => state === "completed");
		const metrics = await (await fetch(`${next.address}/metrics`)).text();
		expect(metrics).toContain('watchrabbit_attempts_total{pipeline="count",outcome="lost"} 1\n');
		expect(metrics).toContain('watchrabbit_failures_total{pipeline="count",code="WORKER_LOST"} 1\n');
		expect(metrics).toContain('watchrabbit_objective_results_total{outcome="within"} 1\n');
		const { code, stderr } = await next.up.stop();
		expect(code, stderr).toBe(0);
		expect(stderr.match(/WORKER_LOST: .* let its lease end/g)).toHaveLength(1);
		await expectAllAccountedFor();
	});
});

describeWith("r", "`up --until-idle`", () => {
	const broken = 'stop("the curve does not fit")\n';

	it("ends with 1 when a job is dead; after the script was corrected, a replay runs the corrected one and it ends with 0", async () => {
		lab = await createLab({ script: broken });
		await lab.write("data/plate.csv", "1;2;3\n");
		expect((await untilIdle(lab)).code).toBe(1);
		const [dead] = await lab.json<ListedJob>("list", "dead");
		expect(dead?.cause?.message).toBe("the curve does not fit");

		await lab.write("count.R", countingScript);
		expect((await untilIdle(lab)).code, "nobody asked for it to run again").toBe(1);
		const [replayed] = await lab.json<{ job: string; outcome: string; replaces: string }>("replay", "--dead");
		expect(replayed).toMatchObject({ outcome: "queued", replaces: dead?.id });
		const last = await untilIdle(lab);
		expect(last.code, last.stderr).toBe(0);

		expect(await lab.json<ListedJob>("list", "dead")).toEqual([]);
		const jobs = await lab.json<ListedJob>("list", "jobs");
		expect(new Map(jobs.map(({ id, state }) => [id, state]))).toEqual(
			new Map([
				[dead?.id, "superseded"],
				[replayed?.job, "completed"],
			]),
		);
		const why = await whyOf(lab, "plate.csv");
		expect(now(why)).toMatch(/^analysed: count has result/);
		expect(now(why)).not.toContain("superseded");
		expect(why.events.map(({ detail }) => detail).join("\n")).toContain("the curve does not fit");
		await expectAllAccountedFor();
	});

	it("a replay of a whole pipeline after its script was changed supersedes every older result", async () => {
		lab = await createLab();
		await lab.write("data/one.csv", "1\n");
		await lab.write("data/two.csv", "2;3\n");
		expect((await untilIdle(lab)).code).toBe(0);
		await lab.write("count.R", `${countingScript}wr_measure("edition", 2)\n`);
		await lab.run("replay", "--pipeline", "count");
		expect((await untilIdle(lab)).code).toBe(0);
		const results = await lab.json<ListedResult>("list", "results");
		expect(results.map((result) => [result.acquisition.key, result.state, measured(result, "edition")]).sort()).toEqual(
			[
				["one.csv", "current", 2],
				["one.csv", "superseded", undefined],
				["two.csv", "current", 2],
				["two.csv", "superseded", undefined],
			],
		);
		await expectAllAccountedFor();
	});
});

describe("a script that is missing", () => {
	it("when all else is done, is what `up --until-idle` ends with, and 1; it goes on at the next start", async () => {
		lab = await createLab({ source: "    complete: { quiet: 2s }" });
		await lab.write("data/plate.csv", "1;2;3\n");
		const up = lab.start("up", "--until-idle");
		await up.address();
		await rename(lab.path("count.R"), lab.path("count.R.aside"));
		const { code, stderr } = await up.ended;
		expect(stderr).toMatch(/SCRIPT_MISSING.*pipeline count waits for its analysis.*count\.R/);
		expect(code).toBe(1);
		await rename(lab.path("count.R.aside"), lab.path("count.R"));
		const again = await untilIdle(lab);
		expect(again.code, again.stderr).toBe(0);
		expect(await lab.json<ListedResult>("list", "results")).toHaveLength(1);
		await expectAllAccountedFor();
	});

	it("is refused before anything starts, with the line and the path", async () => {
		lab = await createLab();
		await rename(lab.path("count.R"), lab.path("cuont.R"));
		const up = await lab.run("up");
		expect(up.code).toBe(2);
		expect(up.stderr).toMatch(/watchrabbit\.yaml:\d+:\d+: .*count\.R/);
		expect((await lab.run("config", "check")).code).toBe(2);
	});
});
