import { appendFile } from "node:fs/promises";
import { afterEach, expect, it } from "vitest";
import { countingScript, createLab, type ListedResult, listed, measured, pause, untilIdle } from "#test/support/lab.ts";
import type { Product } from "#test/support/product.ts";
import { type ListedJob, whyOf } from "#test/support/running-lab.ts";
import { describeWith } from "#test/support/services.ts";

const once = "    retry: { attempts: 1 }\n";

describeWith("r", "a file that is replaced", () => {
	let lab: Product;
	afterEach(() => lab.remove());

	const verified = async () => (await lab.run("verify")).stdout;

	it("takes its dead job with it: what is dead is what somebody has to look at", async () => {
		const script = `if (readLines(commandArgs(trailingOnly = TRUE)[1])[1] == "broken") stop("no plate")\n${countingScript}`;
		lab = await createLab({ script, pipeline: once });
		await lab.write("data/run.csv", "broken\n");
		expect((await untilIdle(lab)).code).toBe(1);
		const [dead] = await lab.json<ListedJob>("list", "dead");
		await lab.write("data/run.csv", "a whole plate\n");
		expect((await untilIdle(lab)).code).toBe(0);
		expect(await lab.json("list", "dead")).toEqual([]);
		expect(await lab.json("show", dead?.id ?? "")).toMatchObject([
			{
				state: "superseded",
				cause: { message: expect.stringContaining("no plate") },
				attempts: [{ outcome: "failed" }],
			},
		]);
		const told = (await whyOf(lab, "run.csv")).events.map(({ what, detail }) => `${what} ${detail}`);
		const ofTheJobs = told.filter((event) => /^(dead|superseded|completed) count: /.test(event));
		expect(ofTheJobs).toEqual([
			expect.stringContaining("no plate"),
			"superseded count: newer content took the place of its acquisition",
			expect.stringContaining("completed count: result"),
		]);
		expect(await verified()).toContain("unaccounted: 0");
	});

	it("again and again while it is analysed dies of nothing: its final version is analysed", async () => {
		lab = await createLab({
			source: "    complete: { quiet: 100ms }",
			script: `${countingScript}Sys.sleep(0.8)\n`,
			pipeline: once,
		});
		const up = lab.start("up");
		const address = await up.address();
		await lab.write("data/run.csv", "a line\n");
		for (let lines = 1; lines < 10; lines++) {
			await pause(500);
			await appendFile(lab.path("data/run.csv"), "a line\n");
		}
		const results = await listed<ListedResult>(address, "results", (all) =>
			all.some((result) => measured(result, "bytes") === 70),
		);
		expect(results).toMatchObject([{ state: "current" }]);
		const jobs = await listed<ListedJob>(address, "jobs", () => true);
		const states = new Set(jobs.map(({ state }) => state));
		expect([...states].sort()).toEqual(["completed", "superseded"]);
		expect(jobs.some(({ cause }) => cause?.code === "INPUT_CHANGED")).toBe(true);
		expect((await up.stop()).code).toBe(0);
		expect(await verified()).toContain("unaccounted: 0");
	});
});
