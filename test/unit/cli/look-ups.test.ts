import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Workbench } from "#cli/application.ts";
import { createProgram } from "#cli/program.ts";
import { systemClock } from "#core/clock.ts";
import { Health } from "#observability/health.ts";
import { apiOfLab } from "#test/support/api-of-lab.ts";
import { paper, SmallLab } from "#test/support/small-lab.ts";

let lab: SmallLab;
let bench: Workbench;
let analysed: { job: string; result: string };
let dead: string;

beforeEach(async () => {
	lab = new SmallLab();
	bench = await lab.open();
	lab.write("plate1.csv", "od 1");
	lab.write("bad.csv", "od 2");
	analysed = await lab.analyse(bench, "plate1.csv");
	dead = (await lab.takeIn(bench, await lab.settle(bench, "bad.csv"))).id;
	await lab.fail(bench, dead);
	await lab.drain(bench);
});

afterEach(() => lab.remove());

const lines = (text: string) =>
	text
		.trim()
		.split("\n")
		.map((line) => JSON.parse(line) as Record<string, unknown>);

describe("list", () => {
	test.each(["files", "jobs", "results", "sources"])("%s --json is what the API gives, item by item", async (what) => {
		const health = new Health(systemClock);
		const api = apiOfLab(bench, { health });
		try {
			const response = await fetch(`${await api.listen()}/api/v1/${what}`);
			const { items } = (await response.json()) as { items: unknown[] };
			const { exitCode, stdout } = await lab.run("list", what, "--json");
			expect(exitCode).toBe(0);
			expect(lines(stdout)).toEqual(items);
			expect(items.length).toBeGreaterThan(0);
		} finally {
			await api.close(1_000);
		}
	});

	test("is a table for people, with names before ids and the reason at the end", async () => {
		const { stdout } = await lab.run("list", "jobs");
		const [title, ...rows] = stdout.trimEnd().split("\n");
		expect(title).toMatch(/^STATE +PIPELINE +ACQUISITION +ATTEMPTS +UPDATED +JOB +WHY$/);
		expect(rows).toHaveLength(2);
		const row = rows.find((each) => each.startsWith("dead"));
		expect(row).toMatch(
			/^dead +elisa +bad\.csv +1 of 3 +\d{4}-\d\d-\d\d [\d:]{8} +j[0-9a-f]{32} +R_ERROR: object 'od' not found$/,
		);
	});

	test("is filtered by source, pipeline, state and time", async () => {
		expect(lines((await lab.run("list", "jobs", "--state", "dead,failed", "--json")).stdout)).toMatchObject([
			{ id: dead },
		]);
		expect((await lab.run("list", "results", "--pipeline", "other", "--json")).stdout).toBe("");
		expect((await lab.run("list", "files", "--source", "other")).stderr).toBe("no files are known\n");
		expect((await lab.run("list", "results", "--since", "2100-01-01", "--json")).stdout).toBe("");
		expect(lines((await lab.run("list", "results", "--since", "1h", "--json")).stdout)).toHaveLength(1);
		expect(lines((await lab.run("list", "jobs", "--limit", "1", "--json")).stdout)).toHaveLength(1);
	});

	test("refuses a filter that the thing does not have, and names those that it has", async () => {
		expect(await lab.run("list", "files", "--pipeline", "elisa")).toMatchObject({
			exitCode: 2,
			stderr: "USAGE_FILTER: list files takes no --pipeline\n→ Use --source, --state.\n",
		});
		expect(await lab.run("list", "jobs", "--state", "broken")).toMatchObject({ exitCode: 2 });
		expect(await lab.run("list", "jobs", "--since", "noon")).toMatchObject({ exitCode: 2 });
		expect(await lab.run("list", "jobs", "--limit", "0")).toMatchObject({ exitCode: 2 });
	});

	test("dead shows dead jobs and messages that nobody could read", async () => {
		await bench.queue.bury("watchrabbit.files", "{", "not JSON");
		const rows = lines((await lab.run("list", "dead", "--json")).stdout);
		expect(rows).toMatchObject([
			{ id: dead, state: "dead" },
			{ queue: "watchrabbit.files", body: "{", reason: "not JSON" },
		]);
		const { stdout } = await lab.run("list", "dead");
		expect(stdout).toContain("bad.csv");
		expect(stdout).toContain("not JSON");
	});

	test("says on the side how many are shown, and keeps within the terminal", async () => {
		const { terminal, printed } = paper(lab.directory.path, { interactive: true, columns: 110 });
		await createProgram(lab.application(), terminal).run(["list", "jobs", "--limit", "1"]);
		const { stdout, stderr } = printed();
		expect(stderr).toBe("the newest 1; more with --limit\n");
		for (const line of stdout.split("\n")) expect(line.length).toBeLessThanOrEqual(110);
	});
});

describe("show", () => {
	test("a dead job: cause, call, traceback, attempts, warnings, with what it ran, and log", async () => {
		const { exitCode, stdout } = await lab.run("show", dead);
		expect(exitCode).toBe(0);
		expect(stdout).toContain("acquisition  bad.csv");
		expect(stdout).toContain("attempts     1 of 3, because trying again would not help\n");
		expect(stdout).toContain(
			"Cause\nR_ERROR  object 'od' not found\nin mean(od)\ntraceback\n  mean(od)\n  fit(plate)\n",
		);
		expect(stdout).toMatch(/Attempts\n# .*\n1 .* failed /);
		expect(stdout).toMatch(
			/Last run\nanalysis +script\nR +4\.2\.2, engine fork\nseed +20261121\npeak memory +180 MB\n/,
		);
		expect(stdout).toContain("Warnings\nIn fit(plate) : 2 wells are empty\n");
		expect(stdout).toContain("Log\nreading plate\nfitting\n");
	});

	test("a result: measurements, artifacts, members and log", async () => {
		const { stdout } = await lab.run("show", analysed.result);
		expect(stdout).toMatch(/Measurements\nNAME +VALUE +UNIT +LIMITS\nAsym +2\.34518 +OD +at most 2\.5\n/);
		expect(stdout).toMatch(/plots\/fit\.html +text\/html +11 B +[0-9a-f]{64}\n/);
		expect(stdout).toMatch(/Members\n.*\nplate1\.csv/);
		expect(stdout).toMatch(/committed +of job \w+, 1 measurement, 1 artifact\n/);
		expect(stdout).toContain("Log\nreading plate\n");
	});

	test("an acquisition: its members, its jobs", async () => {
		const [job] = lines((await lab.run("show", analysed.job, "--json")).stdout);
		const { stdout } = await lab.run("show", String(job?.acquisition));
		expect(stdout).toContain("key          plate1.csv");
		expect(stdout).toMatch(/acquired +plate1\.csv, version 1, 1 file, /);
		expect(stdout).toContain(analysed.job);
	});

	test("what nobody knows ends with 2", async () => {
		expect(await lab.run("show", "nobody")).toMatchObject({ exitCode: 2, stdout: "" });
	});

	test("text from a script cannot steer the terminal", async () => {
		lab.write("evil.csv", "od 3");
		const { result } = await lab.analyse(bench, "evil.csv", { log: "\x1b[2Jgone\r\n\x07" });
		const { stdout } = await lab.run("show", result);
		expect(stdout).toContain("\\x1b[2Jgone\\x0d\n\\x07");
	});
});

describe("replay", () => {
	test("puts one job, or all dead ones, back into the queue", async () => {
		expect(await lab.run("replay", "--dead", "--json")).toMatchObject({
			exitCode: 0,
			stdout: `{"job":"${dead}","outcome":"queued","replaces":null}\n`,
		});
		expect((await bench.catalog.job(dead))?.state).toBe("queued");
		expect((await lab.run("replay", dead)).stdout).toBe(
			"0 jobs queued, 1 already waiting, running or done with the present analysis\n",
		);
	});

	test("takes the id of a result for its job", async () => {
		expect(await lab.run("replay", analysed.result)).toMatchObject({ exitCode: 0 });
		expect((await bench.catalog.job(analysed.job))?.state).toBe("queued");
	});

	test("takes the jobs of a pipeline that are over, oldest first, and only those since a time", async () => {
		expect((await lab.run("replay", "--pipeline", "elisa", "--since", "2100-01-01")).stdout).toBe("0 jobs queued\n");
		const { stdout } = await lab.run("replay", "--pipeline", "elisa", "--json");
		expect(lines(stdout).map(({ job }) => job)).toEqual([analysed.job, dead]);
	});

	test.each([[[]], [["j1", "--dead"]], [["j1", "--since", "1d"]], [["nobody"]]])("refuses %j", async (argv) => {
		expect(await lab.run("replay", ...argv)).toMatchObject({ exitCode: 2 });
	});
});
