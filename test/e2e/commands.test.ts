import { mkdir, rename, writeFile } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type ListedFile, type ListedResult, listed, untilIdle } from "#test/support/lab.ts";
import { Product } from "#test/support/product.ts";
import { RunningLab } from "#test/support/running-lab.ts";

const configuration = `data: ./state
http: { listen: "127.0.0.1:0" }
sources:
  plates: { watch: ./plates, complete: { quiet: 100ms } }
pipelines:
  elisa: { from: plates, analysis: ./elisa.R, retry: { attempts: 1 } }
`;

/** Fails until the lab has written the standards that it needs. */
const script = `analyze <- function(inputs, params, out) {
  if (!file.exists(file.path(dirname(inputs[[1]]), "../standards.txt"))) stop("there are no standards for ", names(inputs)[[1]])
  plate <- read.csv(inputs[[1]])
  stopifnot("od" %in% names(plate))
  writeLines("a note", file.path(out, "note.txt"))
  list(mean = structure(mean(plate$od), unit = "OD"), plate = plate)
}
`;

const fields = (value: unknown) => Object.keys(value as object);

describe("commands beside a running `up`, and without one", () => {
	let lab: Product;
	let running: RunningLab;

	beforeAll(async () => {
		lab = await Product.create({ "watchrabbit.yaml": configuration, "elisa.R": script });
		await mkdir(lab.path("plates"));
		running = await RunningLab.startIn(lab);
	});

	afterAll(async () => await lab.remove());

	const job = async (state: string) => await running.job("elisa", (each) => each.state === state);

	it("list, show and why tell the same as the API, while it runs", async () => {
		await writeFile(lab.path("plates/one.csv"), "well,od\nA1,0.5\nA2,1.5\n");
		const { id, cause } = await job("dead");
		expect(cause?.message).toContain("there are no standards for one.csv");
		expect(await lab.json("list", "dead")).toMatchObject([{ id, state: "dead" }]);
		expect(await lab.json("show", id)).toMatchObject([{ id, attempts: [{ outcome: "failed" }] }]);
		const { stdout } = await lab.run("why", "plates/one.csv");
		expect(stdout).toMatch(
			/now settled: elisa is dead after 1 of 1 attempt: R_ERROR: there are no standards for one\.csv/,
		);
	});

	it("replay is taken up by the `up` that runs", async () => {
		await writeFile(lab.path("standards.txt"), "");
		const replayed = await lab.json<{ job: string; outcome: string }>("replay", "--dead");
		expect(replayed).toMatchObject([{ outcome: "queued" }]);
		const [result] = await listed<ListedResult>(running.address, "results", ({ length }) => length === 1);
		expect(result?.job).toBe(replayed[0]?.job);
		expect(await lab.json("list", "dead")).toEqual([]);
		await listed<ListedFile>(running.address, "files", (files) => files.some(({ state }) => state === "analysed"));
		const verified = await lab.run("verify");
		expect([verified.code, verified.stdout]).toEqual([0, expect.stringContaining("unaccounted: 0")]);
	});

	it("a second `up` in the same data directory is refused, and names the first", async () => {
		const { code, stderr } = await lab.run("up");
		expect(stderr).toContain(String(running.up.child.pid));
		expect(code).not.toBe(0);
	});

	it("all of them work when nothing runs, and a replay waits for the next `up`", async () => {
		expect((await running.up.stop()).code).toBe(0);
		const [result] = await lab.json<ListedResult>("list", "results", "--pipeline", "elisa");
		expect(await lab.json("show", result?.id as string)).toMatchObject([{ id: result?.id, state: "current" }]);
		expect((await lab.run("why", "plates/one.csv")).stdout).toContain(`elisa has result ${result?.id}`);
		expect(await lab.json("replay", result?.id as string)).toMatchObject([{ outcome: "queued" }]);
		expect((await untilIdle(lab)).code).toBe(0);
		const states = (await lab.json<ListedResult>("list", "results")).map(({ state }) => state);
		expect(states.sort()).toEqual(["current", "superseded"]);
		expect((await lab.run("verify")).code).toBe(0);
	});

	it("--json has the fields that are promised, in their order", async () => {
		const [result] = await lab.json<ListedResult & Record<"tables" | "artifacts", object[]>>("list", "results");
		expect(fields(result)).toEqual([
			"id",
			"job",
			"pipeline",
			"source",
			"state",
			"acquisition",
			"measurements",
			"tables",
			"artifacts",
			"seconds",
			"completedAt",
			"traceId",
		]);
		expect(fields(result?.acquisition)).toEqual(["id", "key", "members"]);
		expect(fields(result?.acquisition.members[0])).toEqual(["path", "size", "sha256"]);
		expect(result?.measurements).toEqual([{ name: "mean", value: 1, unit: "OD", lower: null, upper: null }]);
		expect(fields(result?.artifacts[0])).toEqual(["name", "mediaType", "size", "sha256"]);
		const [why] = await lab.json<{ events: object[] }>("why", "plates/one.csv");
		expect(fields(why)).toEqual(["path", "state", "traceIds", "events"]);
		for (const event of why?.events ?? []) expect(fields(event)).toEqual(["at", "what", "detail"]);
		expect(await lab.json("verify")).toEqual([
			{ unaccounted: 0, states: expect.objectContaining({ analysed: 1 }), elsewhere: [], differences: [] },
		]);
	});

	it("exit codes: 0 done, 1 failed or different, 2 called or configured wrongly, 3 something cannot be reached", async () => {
		const code = async (...args: string[]) => (await lab.run(...args)).code;
		expect(await code("list", "files")).toBe(0);
		expect(await code("list", "everything")).toBe(2);
		expect(await code("show", "j-of-nobody")).toBe(2);
		expect(await code("up", "-c", "nowhere.yaml")).toBe(2);
		await writeFile(lab.path("wrong.yaml"), configuration.replace("quiet: 100ms", "quite: 100ms"));
		expect(await code("config", "check", "-c", "wrong.yaml")).toBe(2);
		await writeFile(lab.path("plates/two.csv"), "not a plate\n");
		expect((await untilIdle(lab)).code).toBe(1);
		expect(await code("try", "plates/two.csv", "--pipeline", "elisa")).toBe(1);
		await writeFile(lab.path("plates/one.csv"), "well,od\nA1,0.9\nA2,1.9\n");
		expect(await code("verify")).toBe(1);
		await writeFile(
			lab.path("no-r.yaml"),
			`${configuration}pools: { default: { engine: fork, rscript: /nowhere/Rscript } }\n`,
		);
		expect(await code("try", "plates/one.csv", "--pipeline", "elisa", "-c", "no-r.yaml")).toBe(3);
	});

	it("say that the catalog is gone though results are stored, and what to do", async () => {
		await rename(lab.path("state/catalog.db"), lab.path("catalog.copy"));
		for (const command of [["list", "results"], ["verify"], ["why", "plates/one.csv"], ["up", "--until-idle"]]) {
			const { code, stdout, stderr } = await lab.run(...command);
			expect([command, code, stdout]).toEqual([command, 3, ""]);
			expect(stderr).toMatch(/the catalog knows of no job, though results are stored[\s\S]*Put catalog\.db back/);
		}
		const doctor = await lab.run("doctor");
		expect(doctor.stdout).toMatch(/problem +state, data: .*the catalog knows of no job/);
		expect(doctor.code).toBe(1);
		await rename(lab.path("catalog.copy"), lab.path("state/catalog.db"));
		expect(await lab.json("list", "results")).not.toEqual([]);
		expect((await lab.run("doctor")).stdout).toMatch(/ok +state, data: /);
	});
});
