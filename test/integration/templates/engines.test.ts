import { afterAll, beforeAll, test } from "vitest";
import { describeWith } from "#test/support/services.ts";
import { describeWithSharedData, instrumentFile } from "#test/support/shared-data.ts";
import { TemplateRuns } from "#test/support/template-runs.ts";

/** Over fork each has tests of its own. The report needs rmarkdown and pandoc, which webR does not have: report.test.ts. */
const templates = [
	["elisa-4pl.R", "elisa-elisatools/Assay_2.txt"],
	["qpcr-standard-curve.R", "qpcr/quantstudio-autoqpcr/Absolute/2019-04-25_124559-GAPDH.csv"],
	["dose-response-ic50.R", "plate-vendor-zoo/agilent_gen5/fluorescence/alphalisa_test_2.txt"],
	["plate-heat-map.R", "plate-cellhts2-rnai/KcViab/FT01-G01.txt"],
	["system-suitability-qc.R", "ms-qc-system-suitability/S9Site54.csv"],
	["fcs-channels.R", "flow-fcs/flowCore/0877408774.B08"],
	["mzml-summary.R", "ms-files/mzdata/small.mzML"],
	["analysis.R", "elisa-elisatools/Assay_2.txt"],
] as const;

describeWith("r", "a template", () => {
	let runs: TemplateRuns;
	beforeAll(() => {
		runs = new TemplateRuns();
	});
	afterAll(() => runs.clean());

	describeWithSharedData("on a file of an instrument", () => {
		test.each(templates)("%s gives over spare what Rscript gives, byte by byte", async (template, file) => {
			await runs.bothOverSpare(template, instrumentFile(file));
		});

		/** What is fitted ends where the steps of the search end, which the last digits decide. */
		test.each(templates)("%s gives over webR the same files and measurements", async (template, file) => {
			await runs.overWasm(template, 1e-6, instrumentFile(file));
		});
	});
});
