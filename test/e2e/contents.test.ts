import { copyFile, mkdir, readFile, writeFile } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type ListedFile, type ListedResult, listed, measured, type Why } from "#test/support/lab.ts";
import { Product } from "#test/support/product.ts";
import { type ListedJob, now, RunningLab, steps } from "#test/support/running-lab.ts";

const configuration = `data: ./state
http: { listen: "127.0.0.1:0" }
sources:
  left: { watch: ./left, complete: { quiet: 150ms } }
  right: { watch: ./right, complete: { quiet: 150ms } }
pipelines:
  curve: { from: left, analysis: ./bytes.R }
  quality: { from: left, analysis: ./bytes.R }
  other: { from: right, analysis: ./bytes.R }
`;

/** Counts its own runs in a file: what is said not to run does not. */
const script = `input <- commandArgs(trailingOnly = TRUE)[1]
cat(basename(input), "\\n", file = file.path(dirname(dirname(input)), "runs.txt"), append = TRUE)
wr_measure("bytes", file.size(input), "By")
`;

describe("content", () => {
	let lab: Product;
	let running: RunningLab;

	beforeAll(async () => {
		lab = await Product.create({ "watchrabbit.yaml": configuration, "bytes.R": script });
		await mkdir(lab.path("left"));
		await mkdir(lab.path("right"));
		running = await RunningLab.startIn(lab);
	});

	afterAll(async () => await running.end());

	const why = async (path: string) => (await lab.json<Why>("why", path))[0] as Why;
	const resultsOf = async (key: string, hoped: (results: readonly ListedResult[]) => boolean) =>
		await running.results(key, hoped);
	const jobs = async () => await listed<ListedJob>(running.address, "jobs", () => true);
	/** The file, once what is there now was taken in after this event was told so many times. */
	const told = async (path: string, what: string, times: number) => {
		let last: Why | undefined;
		const count = async () => {
			last = await why(path);
			return steps(last).filter((step) => step === what).length;
		};
		await expect.poll(count, { timeout: 60_000, interval: 200 }).toBe(times);
		return last as Why;
	};
	const analysed = async (path: string) =>
		await listed<ListedFile>(running.address, "files", (all) =>
			all.some((file) => file.path === path && file.state === "analysed"),
		);

	it("is analysed once by each pipeline of its source", async () => {
		await writeFile(lab.path("left/plate.csv"), "A1,0.1\n");
		const results = await resultsOf("plate.csv", ({ length }) => length === 2);
		expect(results.map(({ pipeline }) => pipeline).sort()).toEqual(["curve", "quality"]);
		expect((await jobs()).length).toBe(2);
		const sentence = now(await why("left/plate.csv"));
		for (const { id, pipeline } of results) expect(sentence).toContain(`${pipeline} has result ${id}`);
	});

	it("that lies in two sources is analysed by the pipelines of each", async () => {
		await writeFile(lab.path("right/plate.csv"), "A1,0.1\n");
		const results = await resultsOf("plate.csv", ({ length }) => length === 3);
		expect(results.map(({ pipeline, state }) => [pipeline, state]).sort()).toEqual([
			["curve", "current"],
			["other", "current"],
			["quality", "current"],
		]);
	});

	it("of a copy is linked to the results that exist: nothing runs, and `why` says so", async () => {
		const before = (await jobs()).length;
		await copyFile(lab.path("left/plate.csv"), lab.path("left/copy.csv"));
		await analysed("copy.csv");
		const copy = await told("left/copy.csv", "linked", 2);
		expect(copy.state).toBe("analysed");
		expect(copy.events.find(({ what }) => what === "linked")?.detail).toMatch(
			/: same content as plate\.csv, analysed in job j\w+, result r\S+; nothing is run again$/,
		);
		expect((await jobs()).length).toBe(before);
	});

	it("that is written again with the same bytes is the same version", async () => {
		await writeFile(lab.path("left/plate.csv"), "A1,0.1\n");
		const again = await told("left/plate.csv", "seen again", 1);
		expect(steps(again).filter((step) => step === "acquired")).toHaveLength(1);
		expect(await resultsOf("plate.csv", () => true)).toHaveLength(3);
		await analysed("plate.csv");
	});

	it("that goes and comes back has its old result again", async () => {
		await writeFile(lab.path("left/swap.csv"), "content A\n");
		await resultsOf("swap.csv", ({ length }) => length === 2);
		await writeFile(lab.path("left/swap.csv"), "content B, longer\n");
		await resultsOf("swap.csv", ({ length }) => length === 4);
		const before = (await jobs()).length;
		await writeFile(lab.path("left/swap.csv"), "content A\n");
		const results = await resultsOf(
			"swap.csv",
			(all) =>
				all.length === 4 && all.every((result) => (result.state === "current") === (measured(result, "bytes") === 10)),
		);
		expect(
			results
				.filter(({ state }) => state === "current")
				.map(({ pipeline }) => pipeline)
				.sort(),
		).toEqual(["curve", "quality"]);
		expect((await jobs()).length).toBe(before);
		await analysed("swap.csv");
		const life = await told("left/swap.csv", "acquired", 3);
		for (const { id } of results.filter(({ state }) => state === "current"))
			expect(now(life)).toContain(`has result ${id}`);
	});

	it("was run only where it was said to run", async () => {
		const runs = await readFile(lab.path("runs.txt"), "utf8");
		const counts = Map.groupBy(runs.trim().split(/\s+/), (name) => name);
		expect([...counts].map(([name, all]) => [name, all.length]).sort()).toEqual([
			["plate.csv", 3],
			["swap.csv", 4],
		]);
	});
});
