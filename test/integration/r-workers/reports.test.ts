import { chmodSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { AnalysisPool, AnalysisRecord, AnalysisRequest } from "#core/ports/analysis-pool.ts";
import { RBench } from "#test/support/r-bench.ts";
import { describeWith, requireR } from "#test/support/services.ts";

const header = `---
title: Plate
output: html_document
params:
  plate: { value: example.csv, input: file }
  id: "0"
  n: 10
  cutoff: 0.5
  day: { value: 2020-01-01, input: date }
  from: !r as.Date("2020-01-01")
  at: !r as.POSIXct("2020-01-01", tz = "GMT")
  log: false
  model: { value: 4PL, input: select, choices: [4PL, 5PL] }
  part: { value: 0.5, input: slider, min: 0, max: 1 }
---
`;
const chunk = (code: string) => `\n\`\`\`{r}\n${code}\n\`\`\`\n`;

describeWith("rmarkdown", "a report", () => {
	let bench: RBench;
	let pool: AnalysisPool;
	beforeAll(async () => {
		bench = new RBench();
		pool = bench.pool({ engine: "fork", rscript: requireR(), preload: ["rmarkdown"], workers: 2 });
		await pool.start();
	});
	afterAll(() => bench.clean());

	const render = (name: string, text: string, given: Partial<AnalysisRequest> = {}): Promise<AnalysisRecord> =>
		pool.run(bench.request("", { script: bench.file(name, text), ...given }));
	/** But for what a newer pandoc says of an rmarkdown that does not know it yet. */
	const printed = ({ log }: AnalysisRecord) =>
		log.split("\n").filter((line) => line !== "" && !/^\[WARNING\] Deprecated: /.test(line));
	const html = ({ artifacts }: AnalysisRecord) => readFileSync(artifacts[0]?.file ?? "", "utf8");

	test("in R Markdown gives one file that can be sent on, with what it measures; its own warnings stay in it", async () => {
		const code = "wr_measure('rows', nrow(read.csv(params$plate)))\nplot(1:3)\nwarning('look here')";
		const input = bench.file("plate 1.csv", "a,b\n1,2\n3,4\n");
		const text = header.replace("html_document", "\n  html_document:\n    self_contained: false") + chunk(code);
		const record = await render("report.Rmd", text, { inputs: [input], inputNames: ["plate 1.csv"] });
		expect(record).toMatchObject({ outcome: "completed", kind: "rmarkdown", warnings: [] });
		expect(printed(record)).toEqual([]);
		expect(record.measurements).toEqual([{ name: "rows", value: 2, unit: "" }]);
		expect(record.artifacts).toMatchObject([{ name: "report.html", mediaType: "text/html" }]);
		expect(html(record)).toMatch(/<img [^>]*src="data:image\/png;base64/);
		expect(html(record)).toContain("look here");
	});

	test("finds what rendering loads loaded already, where rmarkdown is preloaded", async () => {
		const { r } = await bench.complete(pool, "1");
		expect(Object.keys(r.packages)).toEqual(expect.arrayContaining(["bslib", "highr", "yaml"]));
	});

	test("in Markdown or Word gives what its header says", async () => {
		const text = `---\noutput: github_document\n---\n${chunk("1 + 1")}`;
		const { artifacts, cause } = await render("report.Rmd", text);
		expect(cause).toBeUndefined();
		expect(artifacts.map(({ name }) => name)).toContain("report.md");
		const word = await render("w.Rmd", text.replace("github", "word"));
		expect(word.artifacts.map(({ name }) => name)).toEqual(["w.docx"]);
	});

	test("written as a script for spin is rendered, with its params", async () => {
		const script = "#' ---\n#' title: spun\n#' params:\n#'   k: 1\n#' ---\n#' Some *text*\nwr_measure('k', params$k)\n";
		const record = await render("spun.R", script, { params: { k: 3 } });
		expect(record).toMatchObject({ kind: "spin", measurements: [{ name: "k", value: 3, unit: "" }] });
		expect(record.artifacts.map(({ name }) => name)).toEqual(["spun.html"]);
		expect(html(record)).toContain("<em>text</em>");
	});

	test("that fails tells its own calls and the lines, and not those of knitr", async () => {
		const text = `---\ntitle: x\n---\n${chunk("f <- function(x) g(x)\ng <- function(x) stop('no convergence')\nf(1)")}`;
		const { cause, log, artifacts } = await render("report.Rmd", text);
		expect(cause).toMatchObject({ code: "R_ERROR", message: "no convergence", call: "g(x)", class: "permanent" });
		expect(cause?.traceback?.map((line) => line.replace(/ at .*/, ""))).toEqual([
			'stop("no convergence")',
			"g(x)",
			"f(1)",
		]);
		expect(log).toMatch(/lines? \d+-\d+ .*report\.Rmd|report\.Rmd:\d+-\d+/);
		expect(artifacts).toEqual([]);
	});

	test("finds its declared files, and those of its folder, beside it", async () => {
		const folder = join(bench.path, "project");
		mkdirSync(join(folder, "R"), { recursive: true });
		writeFileSync(join(folder, "R/f.R"), "f <- function() 42");
		writeFileSync(join(folder, "report.Rmd"), `---\ntitle: x\n---\n${chunk("source('R/f.R')\nwr_measure('f', f())")}`);
		const given = { script: join(folder, "report.Rmd"), root: folder, project: folder, files: ["R/f.R"] };
		const { measurements } = await bench.complete(pool, "", given);
		expect(measurements).toMatchObject([{ name: "f", value: 42 }]);
		expect(readdirSync(folder).sort()).toEqual(["R", "report.Rmd"]);
	});

	describe("takes its parameters", () => {
		const told =
			"for (name in names(params)) cat(name, ' ', class(params[[name]])[1], ' ', format(params[[name]], digits = 17), '\\n', sep = '', file = stderr())";

		test("as its own are: a string of digits stays a string, a day is a day, 17 digits stay, null is NA", async () => {
			const params = {
				plate: "p.csv",
				id: "20250815123413",
				n: 7,
				cutoff: 0.12345678901234566,
				day: "2025-08-15",
				from: "2024-02-29",
				at: "2025-08-15 12:34:13",
				log: null,
				model: "5PL",
				part: 1,
			};
			const record = await render("report.Rmd", header + chunk(told), { params });
			expect(record.cause).toBeUndefined();
			expect(printed(record).sort()).toEqual([
				"at POSIXct 2025-08-15 12:34:13",
				"cutoff numeric 0.12345678901234566",
				"day Date 2025-08-15",
				"from Date 2024-02-29",
				"id character 20250815123413",
				"log logical NA",
				"model character 5PL",
				"n integer 7",
				"part numeric 1",
				"plate character p.csv",
			]);
		});

		test.each([
			[{ id: 20250815 }, "the parameter id is 20250815; the report asks for text: write it in quotes"],
			[{ n: "7" }, 'the parameter n is "7"; the report asks for a number, without quotes'],
			[{ log: "yes" }, 'the parameter log is "yes"; the report asks for true or false'],
			[{ day: "15.08.2025" }, 'the parameter day is "15.08.2025"; the report asks for a day, as in "2025-08-15"'],
			[{ from: "2025-02-30" }, 'the parameter from is "2025-02-30"; the report asks for a day, as in "2025-08-15"'],
			[{ model: "3PL" }, 'the parameter model is "3PL"; the report lets choose from 4PL, 5PL'],
			[{ part: 1.5 }, "the parameter part is 1.5; the report takes 1 at most"],
			[
				{ nothing: 1 },
				"the report knows no parameter nothing; it declares plate, id, n, cutoff, day, from, at, log, model, part",
			],
		])("and refuses %j before anything of it runs", async (params, message) => {
			const { cause, log } = await render("report.Rmd", header + chunk("message('ran')"), { params });
			expect(cause).toMatchObject({ code: "R_PARAMS", class: "permanent", message, fix: expect.any(String) });
			expect(log).toBe("");
		});
	});

	test("is rendered many times at the same time, each with its own values and pictures", async () => {
		const text = `---\noutput: { html_document: { theme: null, highlight: null, mathjax: null } }\nparams: { id: "" }\n---\n\nThis is report \`r params$id\`.\n${chunk("plot(1, main = params$id)\nSys.sleep(0.05)")}`;
		const script = bench.file("report.Rmd", text);
		const ids = Array.from({ length: 200 }, (_, n) => `plate-${n}-of-200`);
		const records = await Promise.all(ids.map((id) => pool.run(bench.request("", { script, params: { id } }))));
		const found = records.map((record) => /This is report (\S+)\./.exec(html(record))?.[1]);
		expect(found).toEqual(ids);
		const pictures = new Set(records.map((record) => /data:image\/png;base64,([^"]+)/.exec(html(record))?.[1]));
		expect(pictures.size).toBe(ids.length);
		expect(readdirSync(bench.path).filter((name) => name.startsWith("report"))).toEqual(["report.Rmd"]);
	}, 300_000);

	// Quarto cannot be had here: this stands for it, and shows what it is told.
	test("in Quarto is given to quarto, with its parameters to the last digit and letter", async () => {
		const program = bench.file(
			"quarto",
			`#!/bin/sh\nfor last; do :; done\necho "$@" > args.txt\ncp "$4" "$6/params.json"\n`,
		);
		chmodSync(program, 0o755);
		const withQuarto = bench.pool(
			{ engine: "fork", rscript: requireR() },
			{ environment: { ...process.env, QUARTO_PATH: program } },
		);
		const params = { id: "20250815_123413", cutoff: 0.12345678901234566, day: "2025-08-15", n: 12345678, log: null };
		const request = bench.request("", { script: bench.file("report.qmd", header), params });
		const record = await withQuarto.run(request);
		expect(record).toMatchObject({ outcome: "completed", kind: "quarto" });
		const [given] = record.artifacts;
		expect(JSON.parse(readFileSync(given?.file ?? "", "utf8"))).toMatchObject(params);
	});

	test("says what is missing: pandoc, or quarto", async () => {
		const without = bench.pool(
			{ engine: "fork", rscript: requireR() },
			{ environment: { ...process.env, PATH: "/nowhere", RSTUDIO_PANDOC: "/nowhere" } },
		);
		const text = "---\ntitle: x\n---\n";
		const pandoc = await without.run(bench.request("", { script: bench.file("a.Rmd", text) }));
		expect(pandoc.cause).toMatchObject({
			code: "R_PANDOC_MISSING",
			class: "permanent",
			fix: expect.stringContaining("apt install pandoc"),
		});
		const quarto = await without.run(bench.request("", { script: bench.file("a.qmd", text) }));
		expect(quarto.cause).toMatchObject({
			code: "R_QUARTO_MISSING",
			class: "permanent",
			fix: expect.stringContaining("quarto.org"),
		});
	});
});
