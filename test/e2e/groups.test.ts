import { copyFile, mkdir, readdir } from "node:fs/promises";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type ListedFile, type ListedResult, listed, measured, type Why } from "#test/support/lab.ts";
import { Product } from "#test/support/product.ts";
import { now, RunningLab, steps } from "#test/support/running-lab.ts";
import { seededRandom, shuffled } from "#test/support/seeded-random.ts";
import { describeWithSharedData, instrumentFile } from "#test/support/shared-data.ts";

const configuration = `data: ./state
http: { listen: "127.0.0.1:0" }
sources:
  imaging:
    watch: ./imaging
    acquisition: group
    group: { by: '^(?<name>.+)\\.(?<member>imzML|ibd)$', members: [imzML, ibd], time: 1h }
    complete: { quiet: 200ms }
  strict:
    watch: ./strict
    acquisition: group
    group: { by: '^(?<name>.+)\\.(?<member>imzML|ibd)$', members: [imzML, ibd], time: 1s }
    complete: { quiet: 200ms }
  lenient:
    watch: ./lenient
    acquisition: group
    group: { by: '^(?<name>.+)\\.(?<member>imzML|ibd)$', members: [imzML, ibd], time: 1s, incomplete: analyse }
    complete: { quiet: 200ms }
  collected:
    watch: ./collected
    acquisition: group
    group: { by: '^(?<day>\\d+)_', time: 1s, incomplete: analyse }
    complete: { quiet: 200ms }
  envision:
    watch: ./envision
    include: ["*.csv"]
    acquisition: group
    group: { by: '^(?<plate>[HK]\\d+)D(?<member>\\d\\d)', members: ["00", "01"], time: 1h }
    complete: { quiet: 200ms, footer: Assay Exported }
  plates:
    watch: ./plates
    include: ["KcViab/FT*.txt", "KcViab/{Platelist,Plateconf,Screenlog}.txt"]
    complete: { quiet: 200ms }
pipelines:
  images: { from: imaging, analysis: ./count.R }
  impatient: { from: strict, analysis: ./count.R }
  partial: { from: lenient, analysis: ./count.R }
  daily: { from: collected, analysis: ./count.R }
  growth: { from: envision, analysis: ./count.R }
  screen:
    from: plates
    stages:
      - group: { by: '(?<screen>KcViab)/(?<plate>FT\\d+-G\\d+|Platelist|Plateconf|Screenlog)', count: 117, time: 2d }
    analysis: ./screen.R
`;

const count = `inputs <- head(commandArgs(trailingOnly = TRUE), -1)
stopifnot(file.exists(inputs))
wr_measure("files", length(inputs))
wr_measure("bytes", sum(file.size(inputs)), "By")
`;

/** The published facts of the screen: 57 plates twice, 384 wells each, 48 wells flagged, Diap1 among the strongest hits. */
const screen = `inputs <- head(commandArgs(trailingOnly = TRUE), -1)
path <- function(name) inputs[basename(inputs) == name]
list <- read.delim(path("Platelist.txt"))
plates <- lapply(list$Filename, function(name) read.delim(path(name), header = FALSE)$V3)
wr_measure("plates", length(unique(list$Plate)))
wr_measure("wells", sum(lengths(plates)))
wr_measure("flagged", nrow(read.delim(path("Screenlog.txt"))))
z <- function(raw) { x <- log2(raw); x <- x - median(x[-(1:26)]); -x / mad(x) }
score <- (z(plates[[which(list$Plate == 7 & list$Replicate == 1)]]) + z(plates[[which(list$Plate == 7 & list$Replicate == 2)]])) / 2
wr_measure("diap1", rank(-score)[12 * 24 + 3])
`;

const image = (name: string) => instrumentFile("ms-files/mzdata/imaging", name);

describeWithSharedData("a group", () => {
	const random = seededRandom(2);
	let lab: Product;
	let running: RunningLab;

	beforeAll(async () => {
		lab = await Product.create({ "watchrabbit.yaml": configuration, "count.R": count, "screen.R": screen });
		for (const name of ["imaging", "strict", "lenient", "collected", "envision", "plates/KcViab"]) {
			await mkdir(lab.path(name), { recursive: true });
		}
		running = await RunningLab.startIn(lab);
	});

	afterAll(async () => await running.end());

	const why = async (path: string) => (await lab.json<Why>("why", path))[0] as Why;
	const settled = async (source: string, path: string, states = ["settled"]) =>
		await listed<ListedFile & { source: string }>(running.address, "files", (all) =>
			all.some((file) => file.source === source && file.path === path && states.includes(file.state)),
		);
	const resultsOf = async (pipeline: string, enough: number) => {
		const of = (all: readonly ListedResult[]) => all.filter((result) => result.pipeline === pipeline);
		return of(await listed<ListedResult>(running.address, "results", (all) => of(all).length >= enough));
	};

	const whyComesToSay = async (path: string, words: string) =>
		await expect.poll(async () => now(await why(path)), { timeout: 60_000, interval: 200 }).toContain(words);

	it("of an imzML and its ibd waits for its other half, through a kill -9, and says which", async () => {
		await copyFile(image("Example_Continuous.ibd"), lab.path("imaging/Example_Continuous.ibd"));
		await settled("imaging", "Example_Continuous.ibd");
		await whyComesToSay("imaging/Example_Continuous.ibd", "waits in the group Example_Continuous for imzML, until ");
		await running.up.stop("SIGKILL");
		running = await RunningLab.startIn(lab);
		expect(now(await why("imaging/Example_Continuous.ibd"))).toContain(
			"waits in the group Example_Continuous for imzML",
		);
		await copyFile(image("Example_Continuous.imzML"), lab.path("imaging/Example_Continuous.imzML"));
		const [result, ...others] = await resultsOf("images", 1);
		expect(others).toEqual([]);
		expect(result?.acquisition.key).toBe("Example_Continuous");
		expect(result?.acquisition.members.map(({ path }) => path)).toEqual([
			"Example_Continuous.ibd",
			"Example_Continuous.imzML",
		]);
		expect(measured(result, "bytes")).toBe(335_976 + 23_898);
		await settled("imaging", "Example_Continuous.ibd", ["analysed"]);
		expect(now(await why("imaging/Example_Continuous.ibd"))).toContain(`images has result ${result?.id}`);
	});

	it("whose member never comes is rejected in time, visibly, and made whole by one that comes late", async () => {
		await copyFile(image("Example_Processed.imzML"), lab.path("strict/Example_Processed.imzML"));
		const [file] = (await settled("strict", "Example_Processed.imzML", ["quarantined"])).filter(
			({ source }) => source === "strict",
		);
		const reason = "the group Example_Processed is incomplete: ibd never came";
		expect(file?.reason).toBe(reason);
		const told = await why("strict/Example_Processed.imzML");
		expect(told.events.find(({ what }) => what === "rejected")?.detail).toBe(reason);
		expect(now(told)).toContain(reason);
		await copyFile(image("Example_Processed.ibd"), lab.path("strict/Example_Processed.ibd"));
		const [result] = await resultsOf("impatient", 1);
		expect(measured(result, "files")).toBe(2);
		await settled("strict", "Example_Processed.imzML", ["analysed"]);
		expect(now(await why("strict/Example_Processed.imzML"))).toContain(`impatient has result ${result?.id}`);
	});

	it("whose member never comes is analysed as it is where that is wished, and marked incomplete", async () => {
		await copyFile(image("Example_Processed.imzML"), lab.path("lenient/Example_Processed.imzML"));
		const [result] = await resultsOf("partial", 1);
		expect(measured(result, "files")).toBe(1);
		const manifest = await (await fetch(`${running.address}/api/v1/results/${result?.id}/manifest`)).json();
		expect(manifest).toMatchObject({ acquisition: { incomplete: "ibd never came" } });
		await copyFile(image("Example_Processed.ibd"), lab.path("lenient/Example_Processed.ibd"));
		const results = await resultsOf("partial", 2);
		expect(results.map((each) => [measured(each, "files"), each.state])).toEqual([
			[2, "current"],
			[1, "superseded"],
		]);
	});

	it("that nobody says when it is complete takes what comes until its time is over, and lacks nothing", async () => {
		await copyFile(image("Example_Continuous.ibd"), lab.path("collected/20260131_a.ibd"));
		await copyFile(image("Example_Processed.ibd"), lab.path("collected/20260131_b.ibd"));
		const isWhole = (result: ListedResult) => result.pipeline === "daily" && measured(result, "files") === 2;
		const results = await listed<ListedResult>(running.address, "results", (all) => all.some(isWhole));
		const manifest = await (
			await fetch(`${running.address}/api/v1/results/${results.find(isWhole)?.id}/manifest`)
		).json();
		expect(manifest).toMatchObject({ acquisition: { key: "20260131", captures: { day: "20260131" } } });
		expect(manifest).not.toHaveProperty("acquisition.incomplete");
	});

	it("of a plate at day 0 and at a later day is found for each of 14 plates, in any order", async () => {
		const from = instrumentFile("plate-gdr-drugresponse/data4");
		const files = (await readdir(from)).filter((name) => name.endsWith(".csv"));
		for (const name of shuffled(files, random)) await copyFile(`${from}/${name}`, lab.path("envision", name));
		const results = await resultsOf("growth", 14);
		expect(results).toHaveLength(14);
		expect(results.map((result) => measured(result, "files"))).toEqual(Array(14).fill(2));
		const plates = new Set(results.map(({ acquisition }) => acquisition.key));
		expect([...plates].sort()).toEqual([...new Set(files.map((name) => name.slice(0, 8)))].sort());
	});

	it("of 114 plates and their plate list, layout and log is one acquisition, with the published facts", async () => {
		const from = instrumentFile("plate-cellhts2-rnai/KcViab");
		const last = "FT07-G02.txt";
		const names = (await readdir(from)).filter((name) => /^(FT.*|Platelist|Plateconf|Screenlog)/.test(name));
		for (const name of shuffled(names, random)) {
			if (name !== last) await copyFile(`${from}/${name}`, lab.path("plates/KcViab", name));
		}
		await whyComesToSay("plates/KcViab/Platelist.txt", "screen: waits in the group KcViab for 1 of 117 members");
		await copyFile(`${from}/${last}`, lab.path("plates/KcViab", last));
		const [result, ...others] = await resultsOf("screen", 1);
		expect(others).toEqual([]);
		expect(result?.acquisition.members).toHaveLength(117);
		expect(result?.acquisition.key).toBe("screen: KcViab");
		expect(["plates", "wells", "flagged"].map((name) => measured(result, name))).toEqual([57, 43_776, 48]);
		expect(measured(result, "diap1")).toBeLessThanOrEqual(3);
		await settled("plates", "KcViab/Plateconf.txt", ["analysed"]);
		const told = await why("plates/KcViab/Plateconf.txt");
		expect(steps(told)).toContain("completed");
		expect(now(told)).toContain(`screen has result ${result?.id}`);
	});
});
