import { mkdir, readFile, rename, utimes, writeFile } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
	createLab,
	type ListedFile,
	type ListedResult,
	listed,
	measured,
	untilIdle,
	type Why,
} from "#test/support/lab.ts";
import { Product } from "#test/support/product.ts";
import { now, RunningLab } from "#test/support/running-lab.ts";
import { describeWithSharedData, instrumentFile } from "#test/support/shared-data.ts";

interface Case {
	readonly source: string;
	readonly complete: string;
	/** What an instrument wrote. */
	readonly file: string;
	/** Bytes that are there at first, or how many are missing at the end. */
	readonly cut: number;
	readonly waitsFor: RegExp;
}

const ms = "ms-files/mzdata";
const luminex = "luminex-vendor-zoo/luminex_xponent/luminex_xPONENT_example03.csv";
const workbook = "plate-gdr-drugresponse/data1/manifest.xlsx";

const cases: readonly Case[] = [
	{
		source: "xponent",
		complete: "footer: '-- CRC --\\s+CRC32: ?[0-9A-F]{8}\\s*$'",
		file: luminex,
		cut: -20,
		waitsFor: /footer/,
	},
	{
		source: "bytes",
		complete: "footer: { pattern: 'PK\\x05\\x06[\\x00-\\xff]{18}$', within: 22B }",
		file: workbook,
		cut: -1,
		waitsFor: /footer/,
	},
	{
		source: "bioplex",
		complete: "footer: { pattern: '</BPM:BioPlexManager>\\s*$', flags: i, within: 64B }",
		file: "luminex-vendor-zoo/biorad_bioplex_manager/bio-rad_bio-plex_manager_example_01.xml",
		cut: -30,
		waitsFor: /footer/,
	},
	{ source: "gzip", complete: "probe: gzip", file: `${ms}/small.mzML.gz`, cut: -1000, waitsFor: /gzip/i },
	{ source: "zip", complete: "probe: zip", file: workbook, cut: -10, waitsFor: /zip/i },
	{ source: "xml", complete: "probe: xml", file: `${ms}/three_test_scans.mzML`, cut: -5, waitsFor: /XML|closed/i },
	{
		source: "json",
		complete: "probe: json",
		file: "illumina-runfolders-umbra/samplesheets-and-encodings/TestLoadSampleSheet/miseq.json",
		cut: -3,
		waitsFor: /JSON/i,
	},
	{
		source: "hdf5",
		complete: "probe: hdf5",
		file: "messy-extra/nanopore-fast5/example.fast5",
		cut: -1,
		waitsFor: /HDF5|bytes/i,
	},
	{
		source: "auto",
		complete: "probe: auto",
		file: "messy-extra/nanopore-fast5/example_v2.fast5",
		cut: 4096,
		waitsFor: /HDF5|bytes/i,
	},
	{ source: "size", complete: "minSize: 3kB", file: "bench", cut: 2_999, waitsFor: /at least 3000 bytes, it has 2999/ },
];

const configuration = `data: ./state
http: { listen: "127.0.0.1:0" }
sources:
${cases.map(({ source, complete }) => `  ${source}: { watch: ./${source}, complete: { quiet: 200ms, ${complete} } }`).join("\n")}
  marked: { watch: ./marked, complete: { quiet: 200ms, marker: ["{name}.done", "{stem}.log"] } }
  renamed: { watch: ./renamed, complete: { quiet: 200ms, rename: "*.tmp" } }
  asked: { watch: ./asked, complete: { quiet: 200ms } }
pipelines:
${cases.map(({ source }) => `  of-${source}: { from: ${source}, analysis: ./bytes.R }`).join("\n")}
  of-marked: { from: marked, analysis: ./bytes.R }
  of-renamed: { from: renamed, analysis: ./bytes.R }
  of-asked: { from: asked, analysis: ./asks.R, retry: { attempts: 1 } }
`;

const script = `wr_measure("bytes", file.size(commandArgs(trailingOnly = TRUE)[1]), "By")\n`;
/** Asks for something that no profile knows. */
const asking = `input <- commandArgs(trailingOnly = TRUE)[1]
if (!file.exists(file.path(dirname(dirname(input)), "released"))) wr_not_ready("the run was not released", retry_after = 0.2)
${script}`;

describeWithSharedData("an acquisition is complete", () => {
	let lab: Product;
	let running: RunningLab;

	beforeAll(async () => {
		lab = await Product.create({ "watchrabbit.yaml": configuration, "bytes.R": script, "asks.R": asking });
		for (const source of [...cases.map((each) => each.source), "marked", "renamed", "asked"])
			await mkdir(lab.path(source));
		running = await RunningLab.startIn(lab);
	});

	afterAll(async () => await running.end());

	const fileOf = async (source: string, hoped: (file: ListedFile) => boolean) => {
		const is = (file: ListedFile & { source: string }) => file.source === source && hoped(file);
		const all = await listed<ListedFile & { source: string }>(running.address, `files`, (files) => files.some(is));
		return all.find(is);
	};
	const resultsOf = async (source: string) => {
		const is = (result: ListedResult) => result.pipeline === `of-${source}`;
		return (await listed<ListedResult>(running.address, "results", (all) => all.some(is))).filter(is);
	};
	const why = async (path: string) => (await lab.json<Why>("why", path))[0] as Why;

	it.each(cases)("by $complete", async ({ source, file, cut, waitsFor }) => {
		const whole = source === "size" ? Buffer.alloc(3_000, "well") : await readFile(instrumentFile(file));
		const name = file.slice(file.lastIndexOf("/") + 1);
		await writeFile(lab.path(source, name), whole.subarray(0, cut));
		await fileOf(source, ({ state, reason }) => state === "settling" && waitsFor.test(reason ?? ""));
		await writeFile(lab.path(source, name), whole);
		const results = await resultsOf(source);
		expect(results.map((result) => [measured(result, "bytes"), result.state])).toEqual([[whole.length, "current"]]);
	});

	it("by all of its markers beside it", async () => {
		await writeFile(lab.path("marked/plate.csv.done"), "");
		await writeFile(lab.path("marked/plate.csv"), "A1,0.1\n");
		await fileOf("marked", ({ path, reason }) => path === "plate.csv" && reason === "marker plate.log");
		expect(now(await why("marked/plate.csv"))).toContain("waits for marker plate.log");
		await writeFile(lab.path("marked/plate.log"), "");
		expect(measured((await resultsOf("marked"))[0], "bytes")).toBe(7);
		expect(now(await why("marked/plate.csv.done"))).toContain("it says that another file is complete");
	});

	it("by its final name", async () => {
		await writeFile(lab.path("renamed/plate.csv.tmp"), "A1,0.12\n");
		await fileOf(
			"renamed",
			({ state, reason }) => state === "ignored" && reason?.includes("final name is awaited") === true,
		);
		await rename(lab.path("renamed/plate.csv.tmp"), lab.path("renamed/plate.csv"));
		const [result] = await resultsOf("renamed");
		expect(result?.acquisition.key).toBe("plate.csv");
	});

	it("when R says so: until then it settles, and no attempt is used", async () => {
		await writeFile(lab.path("asked/plate.csv"), "A1,0.123\n");
		await fileOf("asked", ({ state, reason }) => state === "settling" && reason?.includes("not released") === true);
		expect((await why("asked/plate.csv")).events).toContainEqual(
			expect.objectContaining({ what: "settling", detail: "the run was not released" }),
		);
		await writeFile(lab.path("released"), "");
		const [result] = await resultsOf("asked");
		expect(measured(result, "bytes")).toBe(9);
		const [job] = await lab.json<{ attemptsUsed: number; attempts: { outcome: string }[] }>(
			"show",
			result?.job as string,
		);
		expect(job?.attempts.at(-1)?.outcome).toBe("completed");
		expect(new Set(job?.attempts.slice(0, -1).map(({ outcome }) => outcome))).toEqual(new Set(["not-ready"]));
		expect(job?.attemptsUsed).toBe(1);
	});
});

describe("what is there at the first start", () => {
	it("is processed, ignored, or processed since a date; what comes later is always processed", async () => {
		const sources = { process: "process", ignore: "ignore", since: "{ since: 2020-01-01 }" };
		const lab = await createLab({
			source: `    complete: { quiet: 100ms }
${Object.entries(sources)
	.map(([name, existing]) => `  ${name}: { watch: ./${name}, existing: ${existing}, complete: { quiet: 100ms } }`)
	.join("\n")}`,
			more: Object.keys(sources)
				.map((name) => `  of-${name}: { from: ${name}, analysis: ./count.R }`)
				.join("\n"),
		});
		for (const name of Object.keys(sources)) {
			await lab.write(`${name}/old.csv`, `${name} old\n`);
			await utimes(lab.path(name, "old.csv"), new Date("2001-01-01"), new Date("2001-01-01"));
			await lab.write(`${name}/new.csv`, `${name} new\n`);
		}
		const analysed = async () => {
			expect((await untilIdle(lab)).code).toBe(0);
			const results = await lab.json<ListedResult>("list", "results");
			return results.map(({ pipeline, acquisition }) => `${pipeline} ${acquisition.key}`).sort();
		};
		expect(await analysed()).toEqual(["of-process new.csv", "of-process old.csv", "of-since new.csv"]);
		const [told] = await lab.json<Why>("why", "ignore/new.csv");
		expect(now(told as Why)).toMatch(/ignored: existing: ignore: it was there at the first start/);
		for (const name of Object.keys(sources)) await lab.write(`${name}/later.csv`, `${name} later\n`);
		expect((await analysed()).filter((each) => each.endsWith("later.csv"))).toEqual([
			"of-ignore later.csv",
			"of-process later.csv",
			"of-since later.csv",
		]);
		await lab.remove();
	});
});
