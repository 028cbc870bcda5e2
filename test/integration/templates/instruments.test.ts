import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { afterAll, beforeAll, expect, test } from "vitest";
import { describeWith } from "#test/support/services.ts";
import { describeWithSharedData, instrumentFile } from "#test/support/shared-data.ts";
import { type TemplateRun, TemplateRuns } from "#test/support/template-runs.ts";

let runs: TemplateRuns;
beforeAll(() => {
	runs = new TemplateRuns();
});
afterAll(() => runs.clean());

/** Values by well, as the tests of allotropy assert them (its expected output, which lies beside the exports). */
function assertedByAllotropy(name: string): Map<string, number> {
	const bytes = readFileSync(instrumentFile("plate-vendor-zoo/_expected", name));
	const values = new Map<string, number>();
	const look = (node: unknown): void => {
		if (typeof node !== "object" || node === null) return;
		const measurement = node as Record<string, { value?: unknown; "location identifier"?: string } | undefined>;
		const well = measurement["sample document"]?.["location identifier"];
		const { value } = measurement.fluorescence ?? measurement.luminescence ?? measurement.absorbance ?? {};
		if (well !== undefined && typeof value === "number") values.set(well, value);
		for (const part of Object.values(node)) look(part);
	};
	look(JSON.parse((name.endsWith(".gz") ? gunzipSync(bytes) : bytes).toString("utf8")));
	return values;
}

function wellsOf(run: TemplateRun): Map<string, number> {
	const measured = run.table("plate.csv").filter(({ value }) => value !== "NA");
	return new Map(measured.map(({ well = "", value }) => [well, Number(value)]));
}

describeWith("r", "templates on files of instruments", () => {
	describeWithSharedData("as others read them", () => {
		/** Nothing is rounded: the values are those of the file. */
		test.each([
			["bmg_mars/16-03-03 13-25-45 472 QC 384 FI.csv", "bmg_mars/16-03-03 13-25-45 472 QC 384 FI.json"],
			[
				"perkin_elmer_envision/PE_Envision_fluorescence_example03.csv",
				"perkin_elmer_envision/PE_Envision_fluorescence_example03.json.gz",
			],
			[
				"revvity_kaleido/luminescence/luminescence_v3.5_pure_csv_format_example.csv",
				"revvity_kaleido/luminescence/luminescence_v3.5_pure_csv_format_example.json",
			],
			["agilent_gen5/fluorescence/alphalisa_test_2.txt", "agilent_gen5/fluorescence/alphalisa_test_2.json"],
		])("plate: every well of %s, and no other", async (name, expected) => {
			const run = await runs.both("plate-heat-map.R", instrumentFile("plate-vendor-zoo", name));
			expect(wellsOf(run)).toEqual(assertedByAllotropy(expected));
		});

		/** SOURCE.md of the vendors' zoo and of elisatools; one shows rows of wells, in UTF-16, the other wells side by side. */
		test("plate: SoftMax Pro in either layout", async () => {
			const rows = "plate-vendor-zoo/moldev_softmax_pro/MD_SMP_absorbance_endpoint_example01.txt";
			const first = wellsOf(await runs.both("plate-heat-map.R", instrumentFile(rows)));
			expect([first.size, first.get("A1")]).toEqual([96, 3.41797666666667]);
			const second = wellsOf(await runs.both("plate-heat-map.R", instrumentFile("elisa-elisatools/Assay_2.txt")));
			expect([second.size, second.get("A1"), second.get("A2"), second.get("A3")]).toEqual([96, 2.2416, 2.6971, 2.4565]);
		});

		/** No set states a Z': here it is computed from the asserted values by its definition, with columns 2 and 4 as controls. */
		test("plate: Z' of the named controls is what its definition gives, and one well a line is read too", async () => {
			const name = "revvity_kaleido/luminescence/luminescence_v3.5_pure_csv_format_example";
			const values = assertedByAllotropy(`${name}.json`);
			const wells = ["B", "C", "D", "E", "F", "G"];
			const control = (column: number) => wells.map((row) => values.get(`${row}${column}`) ?? Number.NaN);
			const mean = (x: readonly number[]) => x.reduce((a, b) => a + b, 0) / x.length;
			const sd = (x: readonly number[]) => Math.sqrt(x.reduce((a, b) => a + (b - mean(x)) ** 2, 0) / (x.length - 1));
			const [positive, negative] = [control(2), control(3)];
			const zPrime = 1 - (3 * (sd(positive) + sd(negative))) / Math.abs(mean(positive) - mean(negative));
			const params = { positive: wells.map((row) => `${row}2`), negative: wells.map((row) => `${row}3`) };
			const file = instrumentFile("plate-vendor-zoo", `${name}.csv`);
			const measured = await runs.measured("plate-heat-map.R", params, file);
			expect(measured.get("Z'")).toBeCloseTo(zPrime, 12);

			const lines = await runs.both("plate-heat-map.R", instrumentFile("plate-cellhts2-rnai/KcViab/FT01-G01.txt"));
			expect([lines.measured("wells"), wellsOf(lines).get("A01"), wellsOf(lines).get("A1")]).toEqual([
				384,
				undefined,
				887763,
			]);
		});

		/** SOURCE.md of the set; the vignette of MSstatsQC says of the same peptide that it drifts after run 20. */
		test("system suitability: limits and runs beyond them of TAAYVNAIEK", async () => {
			const run = await runs.both("system-suitability-qc.R", instrumentFile("ms-qc-system-suitability/S9Site54.csv"));
			expect([run.measured("series"), run.measured("runs")]).toEqual([15, 676]);
			const limits = run.table("limits.csv").find(({ series }) => series === "TAAYVNAIEK");
			expect(Number(limits?.mean)).toBeCloseTo(18.874, 3);
			expect(Number(limits?.sd)).toBeCloseTo(0.0893, 4);
			expect(Number(limits?.moving_range)).toBeCloseTo(0.0547, 4);
			expect([Number(limits?.xmr_lower), Number(limits?.xmr_upper)].map((x) => x.toFixed(3))).toEqual([
				"18.728",
				"19.020",
			]);
			const of = (rule: string) =>
				run
					.table("runs.csv")
					.flatMap((row) => (row.series === "TAAYVNAIEK" && row[rule] === "TRUE" ? Number(row.run) : []));
			expect(of("XmR")).toEqual([19, 20, 21, 22, 23, 24, 30, 39]);
			expect(of("1-3s")).toEqual([]);
			expect(of("2-2s")).toEqual([24]);
		});

		/** $TOT and $PAR of SOURCE.md. */
		test.each([
			["fcsparser/FACS_Diva/facs_diva_test.fcs", 83_411, 12],
			["fcsparser/Fortessa/FCS_3.0_Fortessa_PBS_Specimen_001_A1_A01.fcs", 11_585, 11],
			["fcsparser/HTS_BD_LSR-II/HTS_BD_LSR_II_Mixed_Specimen_001_D6_D06.fcs", 14_945, 11],
			["fcsparser/FACSCaliburHTS/Sample_Well_A02.fcs", 37_395, 8],
			["fcsparser/cyflow_cube_8/cyflow_cube_8.fcs", 725, 10],
			["fcsparser/MiltenyiBiotec/FCS2.0/EY_2013-07-19_PBS_FCS_2.0_Custom_Without_Add_Well_A1.001.fcs", 10_000, 16],
			["fcsparser/MiltenyiBiotec/FCS3.1/EY_2013-07-19_PBS_FCS_3.1_Well_A1.001.fcs", 10_000, 19],
			["flowCore/compdata/data/060909.003", 7485, 7],
		])("FCS: events and channels of %s", async (name, events, channels) => {
			const run = await runs.both("fcs-channels.R", instrumentFile("flow-fcs", name));
			expect([run.measured("events"), run.measured("channels")]).toEqual([events, channels]);
			expect(run.table("channels.csv")).toHaveLength(channels);
		});

		/** What the tests of fcsparser and of flowCore assert (SOURCE.md). */
		test("FCS: events are read as fcsparser reads them, and gated as flowCore does", () => {
			const read = (name: string) => {
				const file = JSON.stringify(instrumentFile("flow-fcs", name));
				return `e <- read_events(${file}, read_keywords(${file}));`;
			};
			const first = runs.printed("fcs-channels.R", `${read("fcsparser/Cytek_xP5/Cytek_xP5.fcs")} cat(dim(e), e[1, ])`);
			expect(first).toBe("23126 8 0 286 164 154 54 470 1023 770");
			const gate = "cat(sum(e[, 1] >= 125 & e[, 1] <= 500))";
			expect(runs.printed("fcs-channels.R", `${read("flowCore/0877408774.B08")} ${gate}`)).toBe("6922");
		});

		test("FCS: what is cut off, corrupt or none of it is refused by saying so", async () => {
			const refusal = (file: string) => runs.refusal("fcs-channels.R", file);
			expect(await refusal(instrumentFile("flow-fcs/fcsparser/cytek-nl-2000/sample_header.fcs"))).toBe(
				"sample_header.fcs is cut off: its DATA segment ends at byte 2165911, and the file has 3931 bytes",
			);
			expect(await refusal(instrumentFile("flow-fcs/fcsparser/corrupted/corrupted.fcs"))).toContain("is no FCS file");
			const whole = readFileSync(instrumentFile("flow-fcs/flowCore/0877408774.B08"));
			expect(await refusal(runs.file("header.fcs", whole.subarray(0, 30)))).toBe(
				"header.fcs is cut off within its header",
			);
			expect(await refusal(runs.file("text.fcs", whole.subarray(0, 300)))).toContain(
				"is cut off: its TEXT segment ends",
			);
			const few = Buffer.from(whole.toString("latin1").replace(/\$TOT(.)10000 */, "$$TOT$1 99999"), "latin1");
			expect(await refusal(runs.file("few.fcs", few))).toContain("is corrupt: 99999 events");
		});

		/** SOURCE.md: small.mzML is asserted by mzdata, of the others the checksums were verified. */
		test("mzML: spectra by level, and the SHA-1 that the file states", async () => {
			const small = await runs.both("mzml-summary.R", instrumentFile("ms-files/mzdata/small.mzML"));
			const zipped = await runs.both("mzml-summary.R", instrumentFile("ms-files/mzdata/small.mzML.gz"));
			for (const run of [small, zipped]) {
				expect([run.measured("spectra"), run.measured("MS1 spectra"), run.measured("MS2 spectra")]).toEqual([
					48, 14, 34,
				]);
				expect(run.measured("SHA-1 agrees")).toBe(1);
				expect(run.warnings).toEqual([]);
			}
			const name = "20200204_BU_8B8egg_1ug_uL_7charges_60_min_Slot2-11_1_244.mzML.gz";
			const bruker = await runs.both("mzml-summary.R", instrumentFile("ms-files/mzdata", name));
			expect([bruker.measured("spectra"), bruker.measured("SHA-1 agrees")]).toEqual([103, 1]);
		});

		test("mzML: an excerpt that declares more spectra than it has is told of; one cut off, and another format, are refused", async () => {
			const excerpt = await runs.both("mzml-summary.R", instrumentFile("ms-files/pymzml/example.mzML"));
			expect([excerpt.measured("spectra"), excerpt.measured("spectra declared")]).toEqual([11, 2918]);
			expect(excerpt.warnings).toEqual(
				expect.arrayContaining([expect.stringContaining("example.mzML declares 2918 spectra and has 11")]),
			);
			const whole = readFileSync(instrumentFile("ms-files/mzdata/three_test_scans.mzML"));
			const half = runs.file("half.mzML", whole.subarray(0, whole.length / 2));
			expect(await runs.refusal("mzml-summary.R", half)).toBe("half.mzML is cut off: there is no </mzML> at its end");
			const peaks = instrumentFile("ms-files/mzdata/small.mgf");
			expect(await runs.refusal("mzml-summary.R", peaks)).toBe("small.mgf is no mzML: there is no <mzML> in it");
		});
	});

	test("a table without retention times, and a text without a plate, are refused by saying what was expected", async () => {
		const other = runs.file("other.csv", "name,colour\nA,red\n");
		expect(await runs.refusal("system-suitability-qc.R", other)).toContain(
			"other.csv has no retention time: expected is a table of runs",
		);
		expect(await runs.refusal("plate-heat-map.R", other)).toContain(
			"other.csv shows no plate: expected are rows and columns",
		);
	});

	test("two files where one is meant are refused, instead of leaving one out", async () => {
		const files = [runs.file("a.txt", "a"), runs.file("b.txt", "b")];
		expect(await runs.refusal("plate-heat-map.R", ...files)).toBe("expected is the export of one plate, not 2");
		expect(await runs.refusal("fcs-channels.R", ...files)).toBe("expected is one FCS file, not 2");
		expect(await runs.refusal("mzml-summary.R", ...files)).toBe("expected is one mzML file, not 2");
	});

	test("Westgard's rules are broken where their runs end", async () => {
		const guide = [9, 11, 10, 9, 11, 10, 9, 11, 10, 9, 11, 10, 9, 11, 10, 9, 11, 10, 10, 10];
		const sd = Math.sqrt(12 / 19); // twelve of the twenty lie 1 from their mean of 10
		const z = [3.1, 0, -2.1, -2.2, 0, 2.1, -2.1, 0, 1.1, 1.2, 1.3, 1.4, -1, 0.1];
		const values = [...guide, ...z.map((x) => 10 + x * sd)];
		const file = runs.file("rt.csv", ["retention time", ...values].join("\n"));
		const rows = (await runs.both("system-suitability-qc.R", file)).table("runs.csv");
		const broken = (rule: string) => rows.flatMap((row) => (row[rule] === "TRUE" ? Number(row.run) - 20 : []));
		expect(broken("1-3s")).toEqual([1]);
		expect(broken("2-2s")).toEqual([4]);
		expect(broken("R-4s")).toEqual([7]);
		expect(broken("4-1s")).toEqual([12]);
		expect(broken("10x")).toEqual([]);
	});

	test("what init writes where nothing fits runs on text and on bytes", async () => {
		const run = await runs.both(
			"analysis.R",
			runs.file("plate.csv", "well,od\nA1,0.25\nA2;0.75\n"),
			runs.file("image.tif", Uint8Array.of(0, 1, 2)),
			runs.file("empty.txt", ""),
		);
		expect([run.measured("numbers"), run.measured("mean")]).toEqual([2, 0.5]);
		expect(run.table("files.csv").map(({ file, numbers }) => [file, numbers])).toEqual([
			["plate.csv", "2"],
			["image.tif", "0"],
			["empty.txt", "0"],
		]);
		expect(run.files).toContain("overview.png");
	});
});
