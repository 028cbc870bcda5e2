import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { PoolUnderTest } from "../analysis-pool.ts";

export function describeRuns(use: () => PoolUnderTest): void {
	describe("runs a script", () => {
		test("with the inputs and then the output directory as its arguments, as Rscript does", async () => {
			const { bench, pool } = use();
			const input = bench.file("plate 1.csv", "a,b\n1,2\n");
			const script = `
				args <- commandArgs(trailingOnly = TRUE)
				stopifnot(length(args) == 2, file.exists(args[1]), dir.exists(args[2]))
				stopifnot(sum(commandArgs() == "--args") == 1, any(startsWith(commandArgs(), "--file=")))
				file.copy(args[1], file.path(args[2], "copy.csv"))`;
			const record = await bench.complete(pool, script, { inputs: [input], inputNames: ["plate 1.csv"] });
			expect(record).toMatchObject({ kind: "script", engine: pool.engine, seed: 20261121, tables: [], warnings: [] });
			expect(record.artifacts).toEqual([
				{
					name: "copy.csv",
					mediaType: "text/csv",
					size: 8,
					sha256: createHash("sha256").update("a,b\n1,2\n").digest("hex"),
					file: expect.stringMatching(/copy\.csv$/),
				},
			]);
			expect(readFileSync(record.artifacts[0]?.file ?? "", "utf8")).toBe("a,b\n1,2\n");
			expect(record.r.version).toMatch(/^4\.\d+\.\d+$/);
			expect(record.r.packages).toHaveProperty("stats");
			expect(record.peakMemoryBytes).toBeGreaterThan(10 * 2 ** 20);
		});

		test("and has in its record what R had loaded before, and nothing that we load for it, whether it ends by itself or not", async () => {
			const { bench, pool } = use();
			const ended = await bench.complete(pool, "1");
			const killed = await pool.run(bench.request("repeat Sys.sleep(0.01)", { timeoutMs: 500 }));
			expect(killed.cause?.code).toBe("R_TIMEOUT");
			expect(ended.r).toEqual(killed.r);
		});

		test("and keeps what it prints, on both streams, visible values and non-ASCII text too", async () => {
			const { bench, pool } = use();
			const { log } = await bench.complete(pool, `x <- 1\nx + 41\ninvisible(7)\ncat("µg/ml\\n")\nmessage("to stderr")`);
			expect(log).toBe("[1] 42\nµg/ml\nto stderr\n");
		});

		test("and sees itself run, not sourced: no stack above it, nothing in its environment", async () => {
			const { bench, pool } = use();
			const script = `
				if (sys.nframe() == 0L && !interactive()) wr_measure("main", 1)
				f <- function() sys.nframe()
				wr_measure("depth", f() - sys.nframe() > 0)
				wr_measure("objects", length(ls(globalenv(), all.names = TRUE)))
				wr_measure("stdin", length(readLines(file("stdin"))))`;
			const { measurements } = await bench.complete(
				pool,
				script.replace("f() - sys.nframe() > 0", "as.numeric(f() > 0)"),
			);
			expect(measurements.map(({ name, value }) => [name, value])).toEqual([
				["main", 1],
				["depth", 1],
				["objects", 2],
				["stdin", 0],
			]);
		});

		test("and finds nothing of ours in its log, whenever R collects its garbage", async () => {
			const { bench, pool } = use();
			const { log } = await bench.complete(pool, "invisible(gc())\ninvisible(gc())");
			expect(log).toBe("");
		});

		test("with its parameters by helper and as JSON in the environment", async () => {
			const { bench, pool } = use();
			const script = `cat(wr_params()$curve, Sys.getenv("WATCHRABBIT_PARAMS"))`;
			const { log } = await bench.complete(pool, script, { params: { curve: "4PL", n: [1, 2.5] } });
			expect(log).toBe('4PL {"curve":"4PL","n":[1,2.5]}');
		});

		test("with declared files beside it", async () => {
			const { bench, pool } = use();
			mkdirSync(join(bench.path, "lib"), { recursive: true });
			bench.file("lib/functions.R", "answer <- function() 42");
			const { log } = await bench.complete(pool, `source("lib/functions.R")\ncat(answer())`, {
				files: ["lib/functions.R"],
			});
			expect(log).toBe("42");
		});

		test("and warns of what would be lost: files in the working directory, links in the output directory", async () => {
			const { bench, pool } = use();
			const script = `writeLines("x", "result.txt")\ninvisible(file.symlink("/etc/hosts", file.path(commandArgs(TRUE), "hosts")))`;
			const { warnings, artifacts } = await bench.complete(pool, script);
			expect(artifacts).toEqual([]);
			expect(warnings).toEqual([
				"out/hosts (not a regular file) was not kept",
				"written to the working directory and not kept: result.txt; write to the output directory instead",
			]);
		});
	});

	describe("runs a function analyze", () => {
		test("with named inputs, parameters and the output directory", async () => {
			const { bench, pool } = use();
			const real = bench.file("real.csv", "1\n2\n3\n");
			const link = join(bench.path, "input-1.csv");
			symlinkSync(real, link);
			const script = `
				analyze <- function(inputs, params, out) {
					writeLines(names(inputs), file.path(out, "names.txt"))
					c(lines = length(readLines(inputs[["Plätze/a b.csv"]])), threshold = params$threshold)
				}`;
			const given = { inputs: [link], inputNames: ["Plätze/a b.csv"], params: { threshold: 0.25 } };
			const record = await bench.complete(pool, script, given);
			expect(record.kind).toBe("function");
			expect(record.measurements).toEqual([
				{ name: "lines", value: 3, unit: "" },
				{ name: "threshold", value: 0.25, unit: "" },
			]);
			expect(record.artifacts.map(({ name, mediaType }) => ({ name, mediaType }))).toEqual([
				{ name: "names.txt", mediaType: "text/plain" },
			]);
		});

		test.each([
			["function() 1", 1],
			["function(files) length(files)", 2],
			["function(out, inputs) length(inputs) + dir.exists(out)", 3],
			["function(...) ...length()", 3],
			["function(x, p) p$k", 5],
			["function(inputs, verbose = TRUE) length(inputs)", 2],
		])("that takes other arguments: %s", async (definition, value) => {
			const { bench, pool } = use();
			const input = bench.file("a.txt", "");
			const given = { inputs: [input, input], inputNames: ["a", "b"], params: { k: 5 } };
			const { measurements } = await bench.complete(pool, `analyze <- ${definition}`, given);
			expect(measurements).toEqual([{ name: "value", value, unit: "" }]);
		});

		test("and fits R's own DNase run 1 to the published SSlogis coefficients", async () => {
			const { bench, pool } = use();
			const script = `
				analyze = function(inputs) {
					fit <- nls(density ~ SSlogis(log(conc), Asym, xmid, scal), data = subset(datasets::DNase, Run == 1))
					structure(coef(fit), unit = c("OD", "log(ng/ml)", "log(ng/ml)"))
				}`;
			const { measurements } = await bench.complete(pool, script);
			expect(measurements.map(({ name, value, unit }) => [name, Number(value).toPrecision(6), unit])).toEqual([
				["Asym", "2.34518", "OD"],
				["xmid", "1.48309", "log(ng/ml)"],
				["scal", "1.04146", "log(ng/ml)"],
			]);
		});
	});
}
