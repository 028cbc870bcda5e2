import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { refusal, type Workspace, watchedPlates, workspace } from "#test/support/config-workspace.ts";

const pipelines = (analysis: string, params = "{}") =>
	`${watchedPlates}pipelines:\n  elisa:\n    from: plates\n    analysis: ${analysis}\n    params: ${params}\n`;

async function analysisOf({ load }: Workspace, analysis: string) {
	return (await load(pipelines(analysis))).settings.pipelines[0]?.analysis;
}

describe("an analysis may be", () => {
	test("a function of a package, which is no path", async () => {
		expect(await analysisOf(workspace(), "mylab::fit_plate")).toEqual({ file: "mylab::fit_plate", files: [] });
	});

	test("a folder with one script, or with one that is called as the analysis", async () => {
		const lab = workspace();
		lab.write("plates/fit.R", "");
		expect(await analysisOf(lab, "plates")).toEqual({ file: join(lab.directory, "plates"), files: [] });
		lab.write("plates/report.Rmd", "");
		expect(await analysisOf(lab, "./plates/")).toMatchObject({ file: join(lab.directory, "plates") });
	});

	test("a script with the folder that belongs to it", async () => {
		const lab = workspace();
		lab.write("plates/scripts/fit.R", "");
		expect(await analysisOf(lab, "{ file: plates/scripts/fit.R, project: plates }")).toEqual({
			file: join(lab.directory, "plates/scripts/fit.R"),
			files: [],
			project: join(lab.directory, "plates"),
		});
	});

	test("no folder that does not say what of it is run, and no script outside of its own", async () => {
		const lab = workspace();
		lab.write("plates/fit.R", "");
		lab.write("plates/plot.R", "");
		expect(await lab.refusal(pipelines("plates"))).toMatchInlineSnapshot(`
			"watchrabbit.yaml:5:15: the folder DIR/plates does not say which of its scripts is the analysis
			  5 |     analysis: plates
			    |               ^^^^^^
			  Call one of them analysis.R or report.Rmd, or name it: { file: ..., project: ... }"
		`);
		expect(await lab.refusal(pipelines("{ file: a.R, project: plates }"))).toMatchInlineSnapshot(`
			"watchrabbit.yaml:5:37: DIR/a.R is not in the folder DIR/plates
			  5 |     analysis: { file: a.R, project: plates }
			    |                                     ^^^^^^
			  Name the folder that the script is in, or one above it."
		`);
	});
});

describe("a report's parameters", () => {
	const report = "---\ntitle: x\nparams:\n  cutoff: 0.5\n  day: !r Sys.Date()\n---\n";

	test("are those that its header declares", async () => {
		const lab = workspace();
		lab.write("report.Rmd", report);
		await lab.load(pipelines("report.Rmd", "{ cutoff: 1, day: 2025-08-15 }"));
		expect(await lab.refusal(pipelines("report.Rmd", "{ cut_off: 1, plate: 2 }"))).toMatchInlineSnapshot(`
			"watchrabbit.yaml:6:15: the report report.Rmd knows no parameter cut_off: it declares cutoff, day
			  6 |     params: { cut_off: 1, plate: 2 }
			    |               ^^^^^^^
			  Did you mean cutoff?

			watchrabbit.yaml:6:27: the report report.Rmd knows no parameter plate: it declares cutoff, day
			  6 |     params: { cut_off: 1, plate: 2 }
			    |                           ^^^^^
			  Declare it under \`params\` in the report's header, or leave it out."
		`);
	});

	test("are none where it has no header, or declares none there", async () => {
		const lab = workspace();
		lab.write("plain.Rmd", "text\n");
		expect(await lab.refusal(pipelines("plain.Rmd", "{ n: 1 }"))).toMatch(/declares none in its header/);
	});

	test("are left to R where the header is none that we understand", async () => {
		const lab = workspace();
		lab.write("odd.Rmd", "---\ntitle: [\n---\n");
		await lab.load(pipelines("odd.Rmd", "{ n: 1 }"));
	});

	test("of a script are nobody's business but its own", async () => {
		expect(await refusal(pipelines("nothing.R", "{ n: 1 }"))).not.toMatch(/parameter/);
	});
});
