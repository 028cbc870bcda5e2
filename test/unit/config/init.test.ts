import { appendFileSync, readFileSync, renameSync, utimesSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { type InitReport, init } from "#config/init/init.ts";
import { type Workspace, workspace } from "#test/support/config-workspace.ts";

interface Written {
	readonly yaml: string;
	readonly source: Record<string, unknown> & { complete: Record<string, unknown> };
	readonly report: InitReport;
}

/** Runs init on `in/`; `during` is what an instrument does before each look. */
async function initialise(
	{ directory }: Workspace,
	during: readonly (() => void)[] = [],
	analysis = "a.R",
): Promise<Written> {
	const steps = [...during];
	const wait = async () => steps.shift()?.();
	const request = { watch: "in", directory, analysis, force: false, looks: during.length, wait };
	const report = await init(request);
	const yaml = readFileSync(report.config, "utf8");
	const { sources } = parse(yaml) as { sources: Record<string, Written["source"]> };
	return { yaml, report, source: Object.values(sources)[0] as Written["source"] };
}

function workspaceWith(files: Readonly<Record<string, string>>): Workspace {
	const made = workspace();
	for (const [path, content] of Object.entries(files)) made.write(`in/${path}`, content);
	return made;
}

test("files of one kind are taken one by one, and what describes them is left alone", async () => {
	const { yaml, source, report } = await initialise(
		workspaceWith({ "p1.csv": "1", "p2.csv": "2", "p3.CSV": "3", "layout.csv": "A", "readme.md": "", "run.log": "" }),
	);
	expect(source).toMatchObject({
		watch: "./in",
		include: ["**/*.CSV", "**/*.csv"],
		exclude: ["**/Thumbs.db", "**/desktop.ini", "**/layout.csv"],
		acquisition: "file",
		complete: { quiet: "2s" },
		existing: "process",
	});
	expect(yaml).toContain("# found: 3 .csv (tables)\n");
	expect(yaml.split("\n")[0]).toBe("# yaml-language-server: $schema=./watchrabbit.schema.json");
	expect(report.written.map((file) => file.slice(file.lastIndexOf("/") + 1))).toEqual([
		"watchrabbit.yaml",
		"watchrabbit.schema.json",
	]);
	expect(report.warnings).toEqual([]);
});

test("run folders are recognised, with the marker that most of them have, naming those that lack it", async () => {
	const run = (name: string, marker: boolean) => ({
		[`${name}/RunInfo.xml`]: "<RunInfo/>",
		[`${name}/Data/1.bcl`]: "x",
		...(marker ? { [`${name}/RTAComplete.txt`]: "" } : {}),
	});
	const { yaml, source } = await initialise(
		workspaceWith({ ...run("r1", true), ...run("r2", true), ...run("r3", false) }),
	);
	expect(source).toMatchObject({
		acquisition: "folder",
		folders: ["*"],
		include: ["**/*"],
		complete: { quiet: "30s", marker: ["RTAComplete.txt"] },
	});
	expect(yaml).toContain("# 3 x Illumina run folder (RunInfo.xml), with 8 of the 8 files");
	expect(yaml).toContain("# written at the end of a run: 2 of 3 runs have RTAComplete.txt");
	expect(yaml).toContain("# without it, and so waiting for it: r3");
});

test("partner files and read pairs become groups", async () => {
	const partners = await initialise(workspaceWith({ "a.imzML": "<x/>", "a.ibd": "1" }));
	expect(partners.source).toMatchObject({
		acquisition: "group",
		group: { by: "^(?<name>.+)\\.(?<member>ibd|imzML)$", members: ["ibd", "imzML"], time: "1d" },
		complete: { probe: "auto" },
	});
	const reads = {
		"s1_R1_001.fastq.gz": "1",
		"s1_R2_001.fastq.gz": "2",
		"s2_R1_001.fastq.gz": "3",
		"s2_R2_001.fastq.gz": "4",
	};
	const pairs = await initialise(workspaceWith(reads));
	expect(pairs.source).toMatchObject({ acquisition: "group", group: { members: ["R1", "R2"] } });
});

test("names that count are offered as a group, and not made one", async () => {
	const names = ["H01D00", "H01D07", "H02D00", "H02D07", "H03D00", "H03D07"];
	const { yaml, source } = await initialise(
		workspaceWith(Object.fromEntries(names.map((name) => [`${name}.csv`, name]))),
	);
	expect(source.acquisition).toBe("file");
	expect(yaml).toContain("#   - group: { by: '^(?<name>.+)D(?<member>\\d+)\\.csv$', members: ['00', '07'], time: 1d }");
});

test("a footer is asked for when all files have it, and only offered when most do", async () => {
	const whole = "value\n-- CRC --\nCRC32: 40B50595\n";
	const all = await initialise(workspaceWith({ "a.csv": whole, "b.csv": whole }));
	expect(all.source.complete.footer).toBe('-- CRC --[,"]*\\s+"?CRC\\d*:');
	const most = await initialise(workspaceWith({ "a.csv": whole, "b.csv": whole, "c.csv": "value\n" }));
	expect(most.source.complete.footer).toBeUndefined();
	expect(most.yaml).toMatch(/# footer: .* 2 of 3 files end with xPONENT's checksum; these would wait for it: c\.csv/);
});

test("a last line that all files share is asked for as their footer, whatever it says", async () => {
	const plate = (name: string, end = "End of plate (OK).\r\n\r\n") => `${name}\r\nA1,0.1\r\n${end}`;
	const all = await initialise(workspaceWith({ "a.csv": plate("a"), "b.csv": plate("b"), "c.csv": plate("c") }));
	const footer = all.source.complete.footer as string;
	expect(footer).toBe("End of plate \\(OK\\)\\.\\s*$");
	expect(new RegExp(footer).test(plate("d"))).toBe(true);
	expect(new RegExp(footer).test(plate("d", "End of pla"))).toBe(false);
	expect(all.yaml).toContain("# all of 3 files end with the line: End of plate (OK).\n");
	const [old, next] = ["Exported with 1.14.30", "Exported with 1.15.0"];
	const exported = { "a.csv": plate("a", old), "b.csv": plate("b", old), "c.csv": plate("c", old) };
	const versioned = new RegExp((await initialise(workspaceWith(exported))).source.complete.footer as string);
	expect(versioned.test(plate("d", next)), "also after an update of the instrument's software").toBe(true);
});

test("a last line that most files share is only offered", async () => {
	const plate = (name: string, end = "End of plate (OK).\n") => `${name}\nA1,0.1\n${end}`;
	const files = { "a.csv": plate("a"), "b.csv": plate("b"), "c.csv": plate("c"), "d.csv": plate("d", "it's cut") };
	const most = await initialise(workspaceWith(files));
	expect(most.source.complete.footer).toBeUndefined();
	expect(most.yaml).toContain("3 of 4 files end with the line: End of plate (OK).; these would wait for it: d.csv");
});

test.each([
	["says nothing", ["1\n0,0,0\n", "2\n0,0,0\n", "3\n0,0,0\n"]],
	["is that of copies of one file", ["a\nThe end\n", "a\nThe end\n", "a\nThe end\n"]],
	["two files share by chance", ["1\nsample 3\n", "2\nsample 3\n"]],
	["is the whole file", ["a,b,signal\n", "a,b,signal\n", "a,b,signal"]],
	["is no text", ["1\nThe end\0", "2\nThe end\0", "3\nThe end\0"]],
])("a last line that %s is no footer", async (_, contents) => {
	const files = Object.fromEntries(contents.map((content, n) => [`${n}.csv`, content]));
	const { source, yaml } = await initialise(workspaceWith(files));
	expect(source.complete.footer).toBeUndefined();
	expect(yaml).not.toContain("# footer:");
});

test("markers beside files are recognised", async () => {
	const { source } = await initialise(workspaceWith({ "a.raw": "1", "a.done": "", "b.raw": "2", "b.done": "" }));
	expect(source).toMatchObject({ include: ["**/*.raw"], complete: { marker: ["{stem}.done"] } });
});

test("a pause within a file makes the quiet time longer, and a rename names its temporary ending", async () => {
	const made = workspaceWith({ "a.csv": "1", "b.csv.filepart": "1" });
	const growing = join(made.directory, "in/a.csv");
	const grow = (seconds: number) => () => {
		appendFileSync(growing, "2");
		utimesSync(growing, seconds, seconds);
	};
	const finish = () => renameSync(join(made.directory, "in/b.csv.filepart"), join(made.directory, "in/b.csv"));
	const { yaml, source } = await initialise(made, [grow(1_000), grow(2_000), finish]);
	expect(source.complete).toMatchObject({ quiet: "2s", rename: ["*.tmp", "*.part", "*.partial", "~$*", "*.filepart"] });
	expect(yaml).toContain("# b.csv.filepart became b.csv while I looked");
	expect(yaml).toMatch(/# a file paused 0\.\d s between two writes/);
});

test("an empty directory gives a configuration that asks to be completed", async () => {
	const { yaml, source } = await initialise(workspace());
	expect(source.include).toEqual(["**/*"]);
	expect(yaml).toContain("# the directory is empty: name the files that count, such as **/*.csv");
});

test("the directory with the configuration may itself be watched: what is written is no data", async () => {
	const { directory, write } = workspace();
	write("plate.json", "{}");
	const report = await init({
		watch: ".",
		directory,
		analysis: undefined,
		force: false,
		looks: 0,
		wait: async () => {},
	});
	const { sources } = parse(readFileSync(report.config, "utf8")) as { sources: Record<string, { exclude: string[] }> };
	expect(Object.values(sources)[0]?.exclude.slice(2)).toEqual([
		"watchrabbit.yaml",
		"watchrabbit.schema.json",
		"analysis.R",
	]);
	expect(report.written).toContain(join(directory, "analysis.R"));
});

test("nothing is written over, unless asked to", async () => {
	const made = workspaceWith({ "a.csv": "1" });
	made.write("watchrabbit.yaml", "mine");
	await expect(initialise(made)).rejects.toMatchObject({
		code: "USAGE_INIT_EXISTS",
		fix: "Change it by hand, or write it anew with --force.",
	});
	expect(readFileSync(join(made.directory, "watchrabbit.yaml"), "utf8")).toBe("mine");
	await init({ watch: "in", directory: made.directory, analysis: "a.R", force: true, looks: 0, wait: async () => {} });
	expect(readFileSync(join(made.directory, "watchrabbit.yaml"), "utf8")).toContain("sources:");
	expect(readFileSync(join(made.directory, "a.R"), "utf8")).toBe("");
});

test("a directory or an analysis that is not there, or a directory that is itself a run, is said to be so", async () => {
	await expect(initialise(workspace(), [], "b.R")).rejects.toMatchObject({ code: "USAGE_INIT_ANALYSIS" });
	const { directory } = workspace();
	const request = { directory, analysis: undefined, force: false, looks: 0, wait: async () => {} };
	await expect(init({ ...request, watch: "away" })).rejects.toMatchObject({ code: "USAGE_INIT_DIRECTORY" });
	await expect(initialise(workspaceWith({ "RunInfo.xml": "<RunInfo/>" }))).rejects.toMatchObject({
		code: "USAGE_INIT_RUN",
	});
});

/** As a person calls it who knows no analysis yet. */
async function withoutAnalysis({ directory }: Workspace, template?: string): Promise<InitReport> {
	return await init({
		watch: "in",
		directory,
		analysis: undefined,
		template,
		force: false,
		looks: 0,
		wait: async () => {},
	});
}

test("a template that reads what is there is written beside the configuration, which says why", async () => {
	const made = workspaceWith({
		"a.csv": "compound,concentration,viability\nx,1,90\n",
		"b.csv": "compound;dose;response\nx;1;90\n",
		"c.csv": "anything",
	});
	const { proposal, written, config } = await withoutAnalysis(made);
	expect(written).toContain(join(made.directory, "dose-response-ic50.R"));
	expect(readFileSync(join(made.directory, "dose-response-ic50.R"), "utf8")).toContain(
		"analyze <- function(inputs, params, out)",
	);
	expect(readFileSync(config, "utf8")).toContain(
		"    # 2 of 3 files are responses at doses: a template that reads them, to be made your own\n    analysis: ./dose-response-ic50.R\n",
	);
	expect([proposal.pipeline, proposal.example]).toEqual(["dose-response-ic50", "a.csv"]);
});

test("a layout is no plate, and nothing is recognised in a file or two of many", async () => {
	const layout = "\t1\t2\t3\t4\t5\t6\t7\t8\t9\t10\t11\t12\nA\ts1\ts1\ts1\ts2\ts2\ts2\n";
	const plate = layout.replaceAll(/s\d/g, "0.25");
	expect((await withoutAnalysis(workspaceWith({ "p.txt": layout }))).proposal.analysis.value).toBe("analysis.R");
	expect((await withoutAnalysis(workspaceWith({ "p.txt": plate }))).proposal.analysis.value).toBe("plate-heat-map.R");
	const few = workspaceWith({ "a.txt": "FCS3.0    ", "b.txt": "x", "c.txt": "x" });
	expect((await withoutAnalysis(few)).proposal.analysis.value).toBe("analysis.R");
});

test("an analysis.R that is there stays in use, as it is", async () => {
	const made = workspaceWith({ "a.fcs": "FCS3.0    " });
	made.write("analysis.R", "mine");
	expect((await withoutAnalysis(made)).proposal.analysis).toEqual({ value: "analysis.R", why: [] });
	expect(readFileSync(join(made.directory, "analysis.R"), "utf8")).toBe("mine");
});

test("a template can be asked for by its name; an unknown one is answered with those that there are", async () => {
	const made = workspaceWith({ "a.csv": "name,value\nA,1\n" });
	const { written } = await withoutAnalysis(made, "report");
	expect(written).toContain(join(made.directory, "report.Rmd"));
	await expect(withoutAnalysis(workspaceWith({}), "elisa")).rejects.toMatchObject({
		code: "USAGE_INIT_TEMPLATE",
		fix: expect.stringMatching(/^Take one of analysis, dose-response-ic50, elisa-4pl, .*, report, /),
	});
});
