import { readFileSync } from "node:fs";
import { afterAll, beforeAll, expect, test } from "vitest";
import { describeWith } from "#test/support/services.ts";
import { describeWithSharedData, instrumentFile } from "#test/support/shared-data.ts";
import { TemplateRuns } from "#test/support/template-runs.ts";

let runs: TemplateRuns;
beforeAll(() => {
	runs = new TemplateRuns();
});
afterAll(() => runs.clean());

/** Relative difference. */
function off(ours: number, theirs: number): number {
	return Math.abs(ours / theirs - 1);
}

interface Interpolated {
	readonly plate: string;
	readonly group: string;
	readonly well: string;
	readonly concentration: number;
}

/** What SoftMax Pro itself read off its curves, by its columns BackCalcConc (standards) and Result (samples). */
function interpolatedBySoftMax(file: string): Interpolated[] {
	const found: Interpolated[] = [];
	let plates = 0;
	let group = "";
	let head: string[] = [];
	for (const line of readFileSync(file, "latin1").split(/\r?\n/)) {
		const cells = line.split("\t").map((cell) => cell.trim());
		const [first = ""] = cells;
		if (first.startsWith("Group: ")) {
			group = first.slice("Group: ".length);
			if (group === "Standards") plates++;
		} else if (first === "Sample") head = cells;
		else if (cells.every((cell) => cell === "")) group = "";
		else if (group !== "") {
			const at = head.findIndex((name) => /^(BackCalcConc|Results?)$/.test(name));
			const concentration = Number(cells[at] || "NaN");
			const well = cells[head.indexOf("Wells")] ?? "";
			if (Number.isFinite(concentration)) found.push({ plate: `plate${plates}`, group, well, concentration });
		}
	}
	return found;
}

describeWith("r", "a table of one's own", () => {
	test("with decimal commas gives the same ELISA curve as with points, and one of too few standards none", async () => {
		const rows = [
			["A1", "0", "0.0532"],
			["A2", "1", "0.2"],
			["A3", "3", "0.5"],
			["A4", "10", "1.1"],
			["A5", "30", "1.8"],
			["A6", "100", "2.2"],
			["A7", "", "1.0"],
		];
		const head = ["well", "concentration (ng/mL)", "OD"];
		const points = runs.file("points.csv", [head, ...rows].map((row) => row.join(",")).join("\n"));
		const commas = runs.file(
			"commas.csv",
			[head, ...rows].map((row) => row.join(";").replaceAll(".", ",")).join("\r\n"),
		);
		const [ours, theirs] = [await runs.both("elisa-4pl.R", points), await runs.both("elisa-4pl.R", commas)];
		expect(theirs.table("measurements.csv")).toEqual(ours.table("measurements.csv"));
		expect(ours.table("measurements.csv")[2]).toMatchObject({ name: "C", unit: "ng/mL" });
		expect(ours.table("samples.csv")).toMatchObject([{ well: "A7", in_range: "TRUE" }]);

		const each = await runs.both("elisa-4pl.R", points, commas);
		expect(each.measured("commas.csv plate1.C")).toBe(ours.measured("C"));

		const few = runs.file("few.csv", "concentration,OD\n0,0.1\n1,0.2\n10,0.9\n");
		expect(await runs.refusal("elisa-4pl.R", few)).toBe(
			"four parameters need standards of five concentrations or more, not 3",
		);
	});

	/** Responses that lie on a curve: what was put in is what comes out. */
	test("of doses on a curve of IC50 3 uM and slope 1.2 gives that back", async () => {
		const doses = [0.01, 0.1, 0.3, 1, 3, 10, 30, 100];
		const rows = doses.map((dose) => `drug,${dose},${5 + (100 - 5) / (1 + (dose / 3) ** 1.2)}`);
		const file = runs.file("doses.csv", ["compound,concentration,viability", ...rows].join("\n"));
		const run = await runs.both("dose-response-ic50.R", file);
		expect(run.measured("drug viability IC50")).toBeCloseTo(3, 4);
		expect(run.measured("drug viability slope")).toBeCloseTo(1.2, 4);
		expect(run.table("curves.csv")[0]).toMatchObject({ within_doses: "TRUE" });
		const measured = await runs.measured("dose-response-ic50.R", { unit: "uM" }, file);
		expect(measured.get("drug viability R2")).toBeCloseTo(1, 9);
	});

	test("of quantities on a line of slope -1/log10(2) is an efficiency of 100 %", async () => {
		const cq = (quantity: number) => 38 - Math.log10(quantity) / Math.log10(2);
		const rows = [10, 100, 1000, 10_000].map((quantity, i) => `A${i + 1},GAPDH,STANDARD,${cq(quantity)},${quantity}`);
		const file = runs.file("line.csv", ["Well,Target Name,Task,CT,Quantity", ...rows].join("\n"));
		const run = await runs.both("qpcr-standard-curve.R", file);
		expect(run.measured("GAPDH efficiency")).toBeCloseTo(100, 9);
		expect(run.measured("GAPDH intercept")).toBeCloseTo(38, 9);
	});

	test("that is none of theirs is refused by saying what was expected", async () => {
		const other = runs.file("other.csv", "name,colour\nA,red\n");
		const binary = runs.file("binary.csv", Uint8Array.of(0, 1, 2, 3));
		const empty = runs.file("empty.csv", "");
		for (const [template, expected] of [
			["elisa-4pl.R", "expected is a SoftMax Pro export with a group of standards, or a table"],
			["qpcr-standard-curve.R", "expected is a text export of a qPCR run"],
			["dose-response-ic50.R", "expected is a Gen5 text export"],
		] as const) {
			expect(await runs.refusal(template, other)).toContain(expected);
			expect(await runs.refusal(template, binary)).toBe("binary.csv is binary: expected is a text export");
			expect(await runs.refusal(template, empty)).toContain(expected);
		}
	});
});

describeWith("r", "curves of real instruments", () => {
	describeWithSharedData("as their own software drew them", () => {
		/**
		 * The concentrations that SoftMax Pro printed into the exports, from the lowest standard (46.875 pg/mL) upwards. It
		 * prints the ODs with three digits, so that those that we fit differ from its own by up to 1 % at that standard. In the
		 * third file the standards scatter more, and it seems to have stopped at another minimum of plate 1.
		 */
		test.each([
			["Assay_2.txt", 37, 0.01],
			["Assay_3_and_4.txt", 90, 0.01],
			["Assay_11_and_12.txt", 82, 0.05],
		])("ELISA: concentrations of %s as SoftMax Pro interpolated them", async (name, atLeast, tolerance) => {
			const file = instrumentFile("elisa-elisatools", name);
			const run = await runs.both("elisa-4pl.R", file);
			const wells = [...run.table("standards.csv"), ...run.table("samples.csv")];
			const theirs = interpolatedBySoftMax(file).filter(({ concentration }) => concentration >= 46.875);
			expect(theirs.length).toBeGreaterThanOrEqual(atLeast);
			for (const { plate, group, well, concentration } of theirs) {
				const ours = wells.find((row) => row.plate === plate && row.group === group && row.well === well);
				expect(off(Number(ours?.concentration), concentration), `${plate} ${group} ${well}`).toBeLessThan(tolerance);
			}
		});

		test("ELISA: an export in UTF-16 is read; a layout, which has no standards, is refused", async () => {
			const run = await runs.both(
				"elisa-4pl.R",
				instrumentFile("plate-vendor-zoo/moldev_softmax_pro/MD_SMP_absorbance_endpoint_example01.txt"),
			);
			expect([run.measured("standards"), run.measured("samples")]).toEqual([42, 144]);
			expect(run.table("measurements.csv")[2]).toMatchObject({ name: "C", unit: "ng/mL" });
			expect(await runs.refusal("elisa-4pl.R", instrumentFile("elisa-elisatools", "AnExp_2plate.txt"))).toContain(
				"AnExp_2plate.txt has no standards",
			);
		});

		/** The columns Slope, Y-Intercept, R(superscript 2) and Efficiency of the exports, which have three digits (SOURCE.md, fact 1). */
		test.each([
			["qpcr/quantstudio-autoqpcr/Absolute/2019-04-25_124559-GAPDH.csv", "GAPDH", -3.918, 25.519, 0.998, 79.973, 22],
			["qpcr/quantstudio-autoqpcr/Absolute/2019-04-25_135946-ACTB.csv", "ACTB", -3.869, 23.048, 0.997, 81.333, 24],
			["qpcr/quantstudio-autoqpcr/Absolute/2019-04-25_135946-KCNJ6.csv", "KCNJ6", -3.429, 32.812, 0.997, 95.7, 14],
			[
				"qpcr-vendor-zoo/appbio_quantstudio/appbio_quantstudio_example04.txt",
				"RNase P",
				-3.383,
				39.814,
				0.997,
				97.505,
				20,
			],
		])("qPCR: the standard curve of %s as QuantStudio computed it", async (name, target, ...published) => {
			const [slope, intercept, rSquared, efficiency, standards] = published;
			const run = await runs.both("qpcr-standard-curve.R", instrumentFile(name));
			expect(Math.abs(run.measured(`${target} slope`) - slope)).toBeLessThan(0.001);
			expect(Math.abs(run.measured(`${target} intercept`) - intercept)).toBeLessThan(0.001);
			expect(Math.abs(run.measured(`${target} R2`) - rSquared)).toBeLessThan(0.001);
			expect(Math.abs(run.measured(`${target} efficiency`) - efficiency)).toBeLessThan(0.05);
			expect(run.measured(`${target} standards`)).toBe(standards);
		});

		test("qPCR: the quantities of the samples as QuantStudio read them off", async () => {
			const file = instrumentFile("qpcr/quantstudio-autoqpcr/Absolute/2019-04-25_124559-GAPDH.csv");
			const run = await runs.both("qpcr-standard-curve.R", file);
			const samples = run.table("wells.csv").filter(({ task, quantity }) => task === "UNKNOWN" && quantity !== "NA");
			expect(samples.length).toBeGreaterThan(20);
			for (const { well, quantity, fitted_quantity } of samples) {
				expect(off(Number(fitted_quantity), Number(quantity)), `${well}`).toBeLessThan(0.005);
			}
		});

		/** Gen5's own results of the fit in the exports, three digits. */
		test.each([
			["fluorescence/alphalisa_test_2.txt", "Alpha", { A: 346, B: 1.5, C: 122, D: 1.43e6 }, false],
			[
				"absorbance/Kinetic_Analysis_Mean_Slope_and_Standard_Curve_tab.txt",
				"Mean V [420]",
				{ A: 1.23, B: 3.52, C: 14.8, D: 34.9 },
				true,
			],
		])("dose response: the curve of %s as Gen5 fitted it", async (name, measure, published, withinDoses) => {
			const run = await runs.both("dose-response-ic50.R", instrumentFile("plate-vendor-zoo/agilent_gen5", name));
			const curve = run.table("curves.csv").find((row) => row.measure === measure) ?? {};
			expect(off(Number(curve.ic50), published.C)).toBeLessThan(0.005);
			expect(off(Number(curve.slope), published.B)).toBeLessThan(0.005);
			expect(off(Number(curve.at_zero), published.A)).toBeLessThan(0.005);
			expect(off(Number(curve.at_infinity), published.D)).toBeLessThan(0.005);
			expect(curve.within_doses).toBe(withinDoses ? "TRUE" : "FALSE");
		});

		/**
		 * Doxorubicin on HeLa cells, eleven doses: Gen5 printed the IC50s 1.999 (colonies) and 2.154 (normalised). It fits the
		 * means of each dose and we each well, and the doses have unequal numbers of wells: 3 % between the two.
		 */
		test("dose response: the IC50 of doxorubicin as Gen5 printed it, without the wells that were masked", async () => {
			const run = await runs.both(
				"dose-response-ic50.R",
				instrumentFile("plate-vendor-zoo/agilent_gen5_image/HeLa 96well Colony 11pt Doxorubicin UprBF_TAB.txt"),
			);
			expect(off(run.measured("DOX1 ColonyCount150mm2[Colony150mm2+] IC50"), 1.999)).toBeLessThan(0.03);
			expect(off(run.measured("DOX1 NormColonyCount IC50"), 2.154)).toBeLessThan(0.03);
			expect(
				run.table("wells.csv").find(({ well, measure }) => well === "A2" && measure?.startsWith("ColonyCount")),
			).toMatchObject({
				concentration: "0.01",
				response: "NA",
			});
		});
	});
});
