import { cpSync, readdirSync, statSync } from "node:fs";
import { basename, join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { exampleOf, type InitReport, init } from "#config/init/init.ts";
import { RBench } from "#test/support/r-bench.ts";
import { describeWith, requireR } from "#test/support/services.ts";
import { describeWithSharedData, sharedData } from "#test/support/shared-data.ts";

describeWithSharedData("init on what real instruments wrote", () => {
	let bench: RBench;
	beforeEach(() => {
		bench = new RBench();
	});
	afterEach(() => bench.clean());

	/** Looks at a copy without the expected outputs, as an instrument would have left it. */
	async function initialise(
		set: string,
	): Promise<InitReport & { readonly example: string; readonly analysis: string }> {
		const directory = join(bench.path, set.replaceAll("/", "-"));
		const copy = join(directory, basename(set));
		const filter = (path: string) => !/^(_expected|SOURCE\.md)/.test(basename(path));
		cpSync(join(sharedData, set), copy, { recursive: true, filter });
		const report = await init({
			watch: copy,
			directory,
			analysis: undefined,
			force: true,
			looks: 0,
			wait: async () => {},
		});
		const example = exampleOf(report, copy) ?? "";
		return { ...report, example, analysis: join(directory, report.proposal.analysis.value) };
	}

	const sets = readdirSync(sharedData, { withFileTypes: true }).flatMap((entry) =>
		entry.isDirectory() ? entry.name : [],
	);

	test("every set gets a configuration that passes its check", async () => {
		expect(sets).toHaveLength(15);
		for (const set of sets) {
			const { proposal, warnings } = await initialise(set);
			expect(proposal.include.value.length, set).toBeGreaterThan(0);
			expect(warnings).toEqual([]);
		}
	});

	describeWith("r", "the analysis that it writes", () => {
		/** What an analysis is given of a file or a run folder. */
		function membersOf(acquisition: string): string[] {
			if (!statSync(acquisition).isDirectory()) return [acquisition];
			const entries = readdirSync(acquisition, { withFileTypes: true, recursive: true });
			return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
		}

		test("runs on a file of every set", async () => {
			const pool = bench.pool({ engine: "fork", rscript: requireR() });
			for (const set of sets) {
				const { analysis, example } = await initialise(set);
				const inputs = membersOf(example);
				const inputNames = inputs.map((file) => basename(file));
				const { cause, artifacts } = await pool.run(bench.request("", { script: analysis, inputs, inputNames }));
				expect(cause, `${set}: ${basename(analysis)} on ${basename(example)}`).toBeUndefined();
				expect(
					artifacts.map(({ name }) => name),
					set,
				).toContain("measurements.csv");
			}
		});
	});

	test.each([
		["flow-fcs", "fcs-channels.R", /^\d+ of \d+ files are FCS:/],
		["ms-files/mzdata", "mzml-summary.R", /are mzML:/],
		["elisa-elisatools", "elisa-4pl.R", /with a group of standards:/],
		["qpcr/quantstudio-autoqpcr/Absolute", "qpcr-standard-curve.R", /^5 of 5 files are qPCR exports/],
		["ms-qc-system-suitability", "system-suitability-qc.R", /retention times by precursor:/],
		["plate-cellhts2-rnai/KcViab", "plate-heat-map.R", /files looked into are plates of wells:/],
		["plate-gdr-drugresponse/data4", "plate-heat-map.R", /plates of wells:/],
		["plate-vendor-zoo/moldev_softmax_pro", "plate-heat-map.R", /plates of wells:/],
		["spectra", "analysis.R", /^no template fits/],
	])("what is in %s is recognised, and its template written: %s", async (set, template, why) => {
		const { proposal, analysis, written } = await initialise(set);
		expect(proposal.analysis.value).toBe(template);
		expect(proposal.analysis.why[0]).toMatch(why);
		expect(written).toContain(analysis);
	});

	test("a screen's plates are files; its plate list and configuration are none; its replicates are offered as pairs", async () => {
		const { proposal } = await initialise("plate-cellhts2-rnai/KcViab");
		expect(proposal.shape.acquisition).toBe("file");
		expect(proposal.exclude?.value).toEqual(
			expect.arrayContaining(["**/Platelist.txt", "**/Plateconf.txt", "**/Screenlog.txt"]),
		);
		expect(proposal.series).toMatchObject({ groups: 57, members: ["01", "02"] });
	});

	test("the line that all exports of one instrument end with is asked for", async () => {
		const { proposal: spectra } = await initialise("spectra/perkinelmer-jcamp");
		expect(spectra.footer?.value).toBe("##END=\\s*$");
		const { proposal: echo } = await initialise("bench-instruments-zoo/beckman_echo_plate_reformat");
		expect(echo.footer?.value).toBe("Instrument Software Version,[\\d.]+\\s*$");
	});

	test("Illumina run folders are acquisitions, imzML comes with its ibd", async () => {
		const { proposal: runs } = await initialise("illumina-runfolders-umbra");
		expect(runs.shape).toMatchObject({ acquisition: "folder", folders: { value: ["*/*"] } });
		expect(runs.marker).toBeDefined();
		const { proposal: imaging } = await initialise("ms-files/mzdata/imaging");
		expect(imaging.shape).toMatchObject({ acquisition: "group", group: { members: ["ibd", "imzML"] } });
	});
});
