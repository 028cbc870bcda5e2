import { execFileSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { AnalysisPool } from "#core/ports/analysis-pool.ts";
import { RBench } from "#test/support/r-bench.ts";
import { describeWith, requireR } from "#test/support/services.ts";

describeWith(["r", "rmarkdown"], "a traceback names file and line", () => {
	let bench: RBench;
	let pool: AnalysisPool;
	let library: string;
	beforeAll(() => {
		bench = new RBench();
		library = join(bench.path, "library");
		mkdirSync(library);
		pool = bench.pool({ engine: "fork", libraries: [library] });
	});
	afterAll(() => bench.clean());

	it("in a function of a package that kept its source; the record says which package that was", async () => {
		mkdirSync(join(bench.path, "labfits/R"), { recursive: true });
		bench.file("labfits/DESCRIPTION", "Package: labfits\nVersion: 1.2.3\nTitle: Fits\nLicense: MIT\n");
		bench.file("labfits/NAMESPACE", "export(fit)\n");
		bench.file(
			"labfits/R/fit.R",
			'# fits\ninner <- function(x) {\n  stop("no fit")\n}\nfit <- function(inputs) {\n  inner(inputs)\n}\n',
		);
		const install = ["CMD", "INSTALL", "--with-keep.source", "--no-docs", `--library=${library}`];
		execFileSync("R", [...install, join(bench.path, "labfits")], { stdio: "ignore" });
		const { cause, r, kind } = await pool.run(bench.request("", { script: "labfits::fit" }));
		expect(kind).toBe("package-function");
		expect(cause?.traceback).toEqual([
			'stop("no fit") at fit.R#3',
			"inner(inputs) at fit.R#6",
			"labfits::fit(inputs = inputs)",
		]);
		expect([r.packages.labfits, r.sources?.labfits]).toEqual(["1.2.3", "local"]);
		expect([r.packages.stats, r.sources?.stats]).toEqual([r.version, "base"]);
	});

	it("in the R/ of a folder", async () => {
		const root = join(bench.path, "folder");
		mkdirSync(join(root, "R"), { recursive: true });
		const script = bench.file("folder/DESCRIPTION", "Package: analysis\nVersion: 0.1\n");
		bench.file(
			"folder/R/fit.R",
			'fit <- function(x) {\n  stop("none")\n}\nanalyze <- function(inputs) {\n  fit(1)\n}\n',
		);
		const given = { script, root, project: root, files: ["R/fit.R"] };
		const { cause } = await pool.run(bench.request("", given));
		expect(cause?.traceback).toEqual(['stop("none") at fit.R#2', "fit(1) at fit.R#5", "analyze(inputs = inputs)"]);
	});

	/** What knitr evaluates chunks with keeps their source no more from evaluate 1.0 on. */
	it("of a report the line within its chunk where its source is kept, and the log the lines of the chunk", async () => {
		const report = `---
title: report
---

\`\`\`{r}
f <- function(x) {
  stop("none")
}
\`\`\`

\`\`\`{r}
f(1)
\`\`\`
`;
		const { cause, log } = await pool.run(bench.request("", { script: bench.file("report.Rmd", report) }));
		expect(cause?.traceback).toEqual([chunksKeepTheirSource() ? 'stop("none") at <text>#2' : 'stop("none")', "f(1)"]);
		expect(log).toMatch(/^Quitting from (?=.*report\.Rmd).*\b1[12]-13\b/m);
	});
});

function chunksKeepTheirSource(): boolean {
	const asked =
		'options(keep.source = TRUE); e <- new.env(); invisible(evaluate::evaluate("f <- function() 1", envir = e)); cat(!is.null(getSrcref(e$f)))';
	return execFileSync(requireR(), ["-e", asked], { encoding: "utf8" }).endsWith("TRUE");
}
