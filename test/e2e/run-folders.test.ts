import { mkdir } from "node:fs/promises";
import { afterAll, beforeAll, expect, it } from "vitest";
import { copySlowly, filesBelow } from "#test/support/copying.ts";
import { type ListedFile, type ListedResult, listed, measured, type Why } from "#test/support/lab.ts";
import { Product } from "#test/support/product.ts";
import { now, RunningLab, steps } from "#test/support/running-lab.ts";
import { seededRandom } from "#test/support/seeded-random.ts";
import { describeWithSharedData, instrumentFile } from "#test/support/shared-data.ts";

const configuration = `data: ./state
http: { listen: "127.0.0.1:0" }
sources:
  sequencers:
    watch: ./runs
    acquisition: folder
    folders: ["*/*"]
    complete: { quiet: 800ms, marker: RTAComplete.txt }
  tims:
    watch: ./tims
    acquisition: folder
    folders: ["*.d"]
    complete: { quiet: 800ms, marker: [analysis.tdf, analysis.tdf_bin] }
  maldi:
    watch: ./maldi
    acquisition: folder
    folders: ["**/0_A*"]
    include: ["**/{fid,acqu}"]
    complete: { quiet: 800ms }
pipelines:
  run: { from: sequencers, analysis: ./folder.R }
  frames: { from: tims, analysis: ./folder.R }
  spectra: { from: maldi, analysis: ./folder.R }
`;

/** One input, and it is a directory: R sees the run as the instrument wrote it. */
const script = `args <- commandArgs(trailingOnly = TRUE)
inputs <- args[-length(args)]
stopifnot(length(inputs) == 1L, dir.exists(inputs))
files <- list.files(inputs, recursive = TRUE, all.files = TRUE)
wr_measure("files", length(files))
wr_measure("bytes", sum(file.size(file.path(inputs, files))), "By")
info <- file.path(inputs, "CompletedJobInfo.xml")
wr_measure("errored", as.integer(file.exists(info) && any(grepl("<Error>", readLines(info, warn = FALSE)))))
`;

const illumina = (...names: string[]) => instrumentFile("illumina-runfolders-umbra", ...names);
const marker = "RTAComplete.txt";
const ordinary = "180101_M00000_0000_000000000-XXXXX";

describeWithSharedData("a run folder", () => {
	const random = seededRandom(1);
	let lab: Product;
	let running: RunningLab;

	beforeAll(async () => {
		lab = await Product.create({ "watchrabbit.yaml": configuration, "folder.R": script });
		for (const directory of ["runs", "tims", "maldi"]) await mkdir(lab.path(directory));
		running = await RunningLab.startIn(lab);
	});

	afterAll(async () => await running.end());

	const results = (key: string, hoped: (results: readonly ListedResult[]) => boolean) => running.results(key, hoped);
	const one = (all: readonly ListedResult[]) => all.length === 1;
	const folder = async (key: string, is: (file: ListedFile) => boolean) =>
		await listed<ListedFile>(running.address, "files", (all) => all.some((file) => file.path === key && is(file)));
	const why = async (path: string) => (await lab.json<Why>("why", path))[0] as Why;

	it("of a MiSeq, written slowly and in any order, runs once its marker is there, as one input of R", async () => {
		const from = illumina("miseq", ordinary);
		await copySlowly(from, lab.path("runs/miseq", ordinary), { random, pauseMs: 20, only: (path) => path !== marker });
		await folder(`miseq/${ordinary}`, ({ state, reason }) => state === "settling" && reason?.includes(marker) === true);
		expect(now(await why(`runs/miseq/${ordinary}`))).toContain(`miseq/${ordinary}/${marker}`);
		await copySlowly(from, lab.path("runs/miseq", ordinary), { random, only: (path) => path === marker });
		const [result] = await results(`miseq/${ordinary}`, one);
		const paths = (await filesBelow(from)).map((path) => `miseq/${ordinary}/${path}`);
		expect(result?.acquisition.members.map(({ path }) => path).sort()).toEqual(paths.sort());
		expect(measured(result, "files")).toBe(paths.length);
	});

	it("whose marker comes before its data waits until the data is quiet", async () => {
		const from = illumina("miseq-se/180105_M00000_0000_000000000-XXXXX");
		const to = lab.path("runs/miseq-se/180105_M00000_0000_000000000-XXXXX");
		await copySlowly(from, to, { random, only: (path) => path === marker });
		await copySlowly(from, to, { random, pauseMs: 30, only: (path) => path !== marker });
		const all = await results(
			"miseq-se/180105_M00000_0000_000000000-XXXXX",
			([first]) => measured(first, "files") === 35,
		);
		expect(all.map(({ state }) => state)).toEqual(["current"]);
	});

	it("to which a member comes late is opened again, and the older result is superseded by the new one", async () => {
		const key = "miniseq/180103_M000000_0000_0000000000";
		const late = "CompletedJobInfo.xml";
		await copySlowly(illumina(key), lab.path("runs", key), { random, only: (path) => path !== late });
		await results(key, one);
		await copySlowly(illumina(key), lab.path("runs", key), { random, only: (path) => path === late });
		const all = await results(key, (found) => found.length === 2);
		expect(all.map((result) => [measured(result, "files"), result.state])).toEqual([
			[17, "current"],
			[16, "superseded"],
		]);
		const told = await why(`runs/${key}`);
		expect(steps(told)).toContain("superseded");
		expect(told.events.find(({ what }) => what === "superseded")?.detail).toContain("by version 2");
		expect(now(told)).toContain(all[0]?.id as string);
		const member = await why(`runs/${key}/${late}`);
		expect(now(member)).toContain(`with its folder ${key}`);
	});

	it("without its marker never runs, and `why` names the marker for the folder and for each of its files", async () => {
		const key = `miseq-incomplete-noRTAComplete/${ordinary}`;
		await copySlowly(illumina(key), lab.path("runs", key), { random });
		await folder(key, ({ state, reason }) => state === "settling" && reason?.includes(marker) === true);
		expect(now(await why(`runs/${key}`))).toContain(`waits for marker ${key}/${marker}`);
		expect(now(await why(`runs/${key}/RunInfo.xml`))).toContain(`waits for marker ${key}/${marker}`);
		expect(await results(key, ({ length }) => length === 0)).toEqual([]);
	});

	it("that the sequencer ended with an error, or that lacks files of others, is an acquisition like others", async () => {
		const keys = [`miseq-errored/${ordinary}`, `miseq-no-checkpoint/${ordinary}`, `miseq-missing-fastq/${ordinary}`];
		for (const key of keys) await copySlowly(illumina(key), lab.path("runs", key), { random });
		const errored: (number | undefined)[] = [];
		for (const key of keys) errored.push(measured((await results(key, one))[0], "errored"));
		expect(errored).toEqual([1, 0, 0]);
	});

	it("that is another one under a wrong name is linked to its result, and nothing runs", async () => {
		const key = "miseq-misnamed/run-files-custom-name";
		await copySlowly(illumina(key), lab.path("runs", key), { random });
		await folder(key, ({ state }) => state === "analysed");
		expect(await results(key, ({ length }) => length === 0)).toEqual([]);
		const told = await why(`runs/${key}`);
		expect(steps(told)).toContain("linked");
		expect(now(told)).toContain(`made for miseq/${ordinary}, which has the same content`);
	});

	it("of a timsTOF needs all of its markers", async () => {
		const from = instrumentFile("ms-files/mzdata/diaPASEF.d");
		const to = lab.path("tims/diaPASEF.d");
		await copySlowly(from, to, { random, only: (path) => path === "analysis.tdf" });
		await folder("diaPASEF.d", ({ reason }) => reason?.includes("analysis.tdf_bin") === true);
		const waiting = now(await why("tims/diaPASEF.d"));
		expect(waiting).toContain("diaPASEF.d/analysis.tdf_bin");
		expect(waiting).not.toContain("diaPASEF.d/analysis.tdf,");
		await copySlowly(from, to, { random, only: (path) => path === "analysis.tdf_bin" });
		const [result] = await results("diaPASEF.d", one);
		expect(measured(result, "bytes")).toBe(815_105 + 192_512);
	});

	it("of a MALDI is one spot, and what lies in no spot is ignored by a rule that is told", async () => {
		await copySlowly(instrumentFile("ms-files/bruker-flex"), lab.path("maldi"), { random });
		const spots = ["2010_05_19_Gibb_C8_A1/0_A1", "2010_05_19_Gibb_C8_A1/0_A2", "hpc/fid/0_A20"];
		for (const spot of spots) {
			const [result] = await results(spot, one);
			expect(measured(result, "files")).toBe(2);
		}
		expect(now(await why("maldi/hpc/mzXML/hpc.mzXML"))).toMatch(/ignored: .*include/);
	});
});
