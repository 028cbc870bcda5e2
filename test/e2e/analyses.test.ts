import { readFile } from "node:fs/promises";
import { afterEach, expect, it } from "vitest";
import { createLab, type ListedResult, listed } from "#test/support/lab.ts";
import type { Product } from "#test/support/product.ts";
import { describeWith } from "#test/support/services.ts";

interface JobOnItsWay {
	readonly state: string;
	readonly progress: { readonly fraction: number; readonly message: string } | null;
}

describeWith("r", "an analysis", () => {
	let lab: Product;
	afterEach(() => lab.remove());

	const withAnalysis = async (analysis: string, files: Readonly<Record<string, string>>, more = "") => {
		lab = await createLab({ files });
		const configuration = await readFile(lab.path("watchrabbit.yaml"), "utf8");
		await lab.write("watchrabbit.yaml", configuration.replace("./count.R", `${analysis}${more}`));
	};
	/** Of what counts now. */
	const measured = async () => {
		const results = (await lab.json("list", "results")) as ListedResult[];
		const current = results.filter(({ state }) => state === "current");
		const shown = await Promise.all(current.map(({ id }) => lab.run("show", id)));
		return shown.map(({ stdout }) => /factor\s.*\d/.exec(stdout)?.[0].replace(/\s+/g, " ")).sort();
	};
	const tried = async () => (await lab.run("try", "data/a.csv", "--pipeline", "count")).stdout;

	it("that is a folder runs with all that lies in it; a change of any of it is another analysis for new files alone", async () => {
		await withAnalysis("./plates", {
			"plates/main.R": 'source("R/f.R")\nwr_measure("factor", factor_of("limits.csv"))\n',
			"plates/R/f.R": "factor_of <- function(file) read.csv(file)$factor",
			"plates/limits.csv": "factor\n2\n",
			"data/a.csv": "1",
		});
		expect(await tried()).toMatch(/plates \(a script: .*factor = 2/s);
		expect((await lab.run("up", "--until-idle")).code).toBe(0);
		await lab.write("plates/limits.csv", "factor\n3\n");
		await lab.write("data/b.csv", "2");
		expect((await lab.run("up", "--until-idle")).code).toBe(0);
		expect(await measured()).toEqual(["factor 2", "factor 3"]);
		expect((await lab.run("replay", "--pipeline", "count")).code).toBe(0);
		expect((await lab.run("up", "--until-idle")).code).toBe(0);
		expect(await measured()).toEqual(["factor 3", "factor 3"]);
	});

	it("has its declared files beside it, also when it is only tried", async () => {
		const files = {
			"count.R": 'source("lib/f.R")\nwr_measure("f", f())\n',
			"lib/f.R": "f <- function() 42",
			"data/a.csv": "1",
		};
		await withAnalysis("{ file: ./count.R, files: [./lib/f.R] }", files);
		expect(await tried()).toMatch(/f = 42/);
	});

	it("says how far it is while it runs, wherever somebody looks", async () => {
		await withAnalysis("./count.R", { "data/a.csv": "1" });
		const waits = `while (!file.exists("${lab.path("go")}")) Sys.sleep(0.05)`;
		await lab.write("count.R", `wr_progress(0.4, "fitting well B2")\n${waits}\n`);
		const running = lab.start("up");
		const address = await running.address();
		const jobs = (hoped: (job: JobOnItsWay) => boolean) =>
			listed<JobOnItsWay>(address, "jobs", ([job]) => !!job && hoped(job));
		const [job] = await jobs(({ progress }) => progress !== null);
		expect(job?.progress).toMatchObject({ fraction: 0.4, message: "fitting well B2" });
		const inWords = "40 %: fitting well B2";
		expect((await lab.run("list", "jobs")).stdout).toContain(inWords);
		expect((await lab.run("why", "data/a.csv")).stdout).toContain(inWords);
		await lab.write("go", "");
		expect(await jobs(({ state }) => state === "completed")).toMatchObject([{ progress: null }]);
		await running.stop();
		expect(running.output).toContain(`count: a.csv at ${inWords}`);
	});

	it("is tried again for conditions that may pass, and for no others", async () => {
		const more = "\n    retry: { attempts: 3, backoff: 10ms, on: [http_error] }";
		await withAnalysis("./count.R", { "data/passes.csv": "1", "data/listed.csv": "2", "data/stays.csv": "3" }, more);
		const script = `name <- basename(commandArgs(TRUE)[[1]])
			tried <- file.path("${lab.path()}", paste0(name, ".tried"))
			if (file.exists(tried)) quit()
			file.create(tried)
			class <- c(passes.csv = "watchrabbit_transient", listed.csv = "http_error", stays.csv = "lab_error")[[name]]
			stop(structure(list(message = paste(name, "failed"), call = NULL), class = c(class, "error", "condition")))`;
		await lab.write("count.R", script);
		expect((await lab.run("up", "--until-idle")).code).toBe(1);
		const jobs = await lab.json<{ readonly id: string }>("list", "jobs");
		const shown = await Promise.all(jobs.map(async ({ id }) => (await lab.run("show", id)).stdout));
		const attempts = shown.map((text) => {
			const [, name] = /^acquisition +(\S+)/m.exec(text) ?? [];
			return [name, ...[...text.matchAll(/^\d .* s {2}(failed|completed) .*$/gm)].map(([, outcome]) => outcome)];
		});
		expect(attempts.sort()).toEqual([
			["listed.csv", "failed", "completed"],
			["passes.csv", "failed", "completed"],
			["stays.csv", "failed"],
		]);
	});

	it("that is a function of a package takes the file, and parameters by their names", async () => {
		await withAnalysis("base::nchar", { "data/a.csv": "1" }, "\n    params: { type: bytes }");
		expect(await tried()).toMatch(/\(a function of a package/);
		expect((await lab.run("up", "--until-idle")).code).toBe(0);
		const [result] = (await lab.json("list", "results")) as ListedResult[];
		expect(result).toMatchObject({ pipeline: "count", state: "current" });
	});
});

describeWith("rmarkdown", "a report", () => {
	let lab: Product;
	afterEach(() => lab.remove());

	it("is rendered for each file, with the pipeline's parameters; one that it does not know is refused before anything starts", async () => {
		const report = `---
title: "\`r params$lab\`"
output: html_document
params:
  lab: ""
  file: { value: example.csv, input: file }
---

\`\`\`{r}
wr_measure("bytes", file.size(params$file))
\`\`\`
`;
		lab = await createLab({
			files: { "report.Rmd": report, "data/a.csv": "12345" },
			pipeline: "    params: { lab: North }",
		});
		const configuration = (await readFile(lab.path("watchrabbit.yaml"), "utf8")).replace("./count.R", "./report.Rmd");
		await lab.write("watchrabbit.yaml", configuration.replace("lab: North", "labs: North"));
		const refused = await lab.run("up", "--until-idle");
		expect([refused.code, refused.stderr]).toEqual([
			2,
			expect.stringMatching(/knows no parameter labs.*Did you mean lab\?/s),
		]);
		await lab.write("watchrabbit.yaml", configuration);
		expect((await lab.run("up", "--until-idle")).code).toBe(0);
		const [{ id } = { id: "" }] = (await lab.json("list", "results")) as ListedResult[];
		const shown = (await lab.run("show", id)).stdout;
		expect(shown).toMatch(/report\.html/);
		expect(shown).toMatch(/bytes.*5/);
	});
});
