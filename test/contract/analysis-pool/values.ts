import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { PoolUnderTest } from "../analysis-pool.ts";

const pngSignature = Buffer.from("89504e470d0a1a0a", "hex");

export function describeValues(use: () => PoolUnderTest): void {
	describe("keeps values", () => {
		test("a data frame as CSV and column types: dates, times, factors, integers, 17 digits, NaN, NA and infinities", async () => {
			const { bench, pool } = use();
			const script = `
				analyze <- function() data.frame(
					well = c("A1", "say \\"hi\\", twice", NA), empty = c("", "NA", NA),
					count = c(1L, NA, -2147483647L), od = c(0.1, 1/3, NA), odd = c(NaN, Inf, -Inf),
					plate = factor(c("b", "a", NA), levels = c("b", "a", "unused")), ok = c(TRUE, FALSE, NA),
					day = as.Date(c("2025-08-15", "1999-12-31", NA)),
					at = as.POSIXct(c(1755261254.25, 0, NA), origin = "1970-01-01", tz = "America/New_York")
				)`;
			const { tables, artifacts } = await bench.complete(pool, script);
			expect(tables).toEqual([
				{
					name: "table",
					rows: 3,
					artifact: "table.csv",
					parquet: "table.parquet",
					columns: [
						{ name: "well", type: "character" },
						{ name: "empty", type: "character" },
						{ name: "count", type: "integer" },
						{ name: "od", type: "double" },
						{ name: "odd", type: "double" },
						{ name: "plate", type: "factor", levels: ["b", "a", "unused"] },
						{ name: "ok", type: "logical" },
						{ name: "day", type: "date" },
						{ name: "at", type: "datetime" },
					],
				},
			]);
			expect(artifacts).toMatchObject([{ name: "table.csv", mediaType: "text/csv" }, { name: "table.parquet" }]);
			expect(readFileSync(artifacts[0]?.file ?? "", "utf8").split("\n")).toEqual([
				'"well","empty","count","od","odd","plate","ok","day","at"',
				'"A1","",1,0.1,NaN,"b",TRUE,2025-08-15,2025-08-15T12:34:14.250000Z',
				'"say ""hi"", twice","NA",,0.33333333333333331,Inf,"a",FALSE,1999-12-31,1970-01-01T00:00:00Z',
				",,-2147483647,,-Inf,,,,",
				"",
			]);
		});

		test("a list of them by its names: tables, plots, numbers with units, lists within", async () => {
			const { bench, pool } = use();
			const script = `
				analyze <- function(inputs, params, out) {
					writeLines("mine", file.path(out, "data.csv"))
					plot(1:3); p <- recordPlot()
					list(
						data = data.frame(x = 1:2), curve = p, n = 3L, od = structure(0.5, unit = "OD"),
						took = as.difftime(90, units = "secs"), fit = list(c(a = 1, b = NA), sd = NaN), note = "text", none = NULL
					)
				}`;
			const { tables, artifacts, measurements, warnings } = await bench.complete(pool, script);
			expect(tables).toMatchObject([{ name: "data", rows: 2, artifact: "returned/data.csv", parquet: "data.parquet" }]);
			expect(artifacts.map(({ name, mediaType }) => [name, mediaType])).toEqual([
				["data.csv", "text/csv"],
				["curve.png", "image/png"],
				["curve.svg", "image/svg+xml"],
				["returned/data.csv", "text/csv"],
				["data.parquet", "application/vnd.apache.parquet"],
			]);
			expect(readFileSync(artifacts[1]?.file ?? "").subarray(0, 8)).toEqual(pngSignature);
			expect(measurements).toEqual([
				{ name: "n", value: 3, unit: "" },
				{ name: "od", value: 0.5, unit: "OD" },
				{ name: "took", value: 90, unit: "secs" },
				{ name: "fit.1.a", value: 1, unit: "" },
				{ name: "fit.1.b", value: null, unit: "" },
				{ name: "fit.sd", value: "NaN", unit: "" },
			]);
			expect(warnings[0]).toContain("analyze returned note, a value of class character, which was not kept");
		});

		test("measurements of a script, the last of a name counting", async () => {
			const { bench, pool } = use();
			const script = `wr_measure("conc", -Inf, "mg/l")\nwr_measure("conc", 2.5, "mg/l")\nwr_progress(0.5, "half")`;
			const { measurements, warnings, log } = await bench.complete(pool, script);
			expect(measurements).toEqual([{ name: "conc", value: 2.5, unit: "mg/l" }]);
			expect(warnings).toEqual(["measurement conc was given twice; the last one counts"]);
			expect(log).toContain("progress 50 %: half\n");
		});

		test("rows whose names say something, columns that are no vector, and a table without rows", async () => {
			const { bench, pool } = use();
			const script = `
				analyze <- function() {
					odd <- data.frame(a = 1:2, row.names = c("x", "y")); odd$l <- list(1:2, "z")
					list(odd = odd, empty = data.frame(a = numeric()))
				}`;
			const { tables, artifacts } = await bench.complete(pool, script);
			expect(tables.map(({ name, rows, columns }) => [name, rows, columns.map(({ type }) => type)])).toEqual([
				["odd", 2, ["character", "integer", "other"]],
				["empty", 0, ["double"]],
			]);
			const texts = artifacts.filter(({ name }) => name.endsWith(".csv")).map(({ file }) => readFileSync(file, "utf8"));
			expect(texts).toEqual(['"a"\n', '"rowname","a","l"\n"x",1,"1:2"\n"y",2,"""z"""\n']);
		});

		test("every double, there and back, as a measurement and in a table", async () => {
			const { bench, pool } = use();
			const edges = [
				5e-324,
				2.2250738585072014e-308,
				1.7976931348623157e308,
				0.1,
				1 / 3,
				1e23,
				99999999999999.9,
				0.98414119658991694, // whose neighbour of 15 digits lies all but half way to the next double
				1e5,
				123456789012345680,
				2 ** 53 + 2,
				4.35,
				1e-300,
			];
			const random = fc.sample(fc.double({ noNaN: true, noDefaultInfinity: true }), { numRuns: 400, seed: 7 });
			const short = fc.sample(fc.integer({ min: -99999, max: 99999 }), { numRuns: 200, seed: 8 }).map((n) => n / 1000);
			const numbers = [...edges, ...random, ...short].map((x) => (Object.is(x, -0) ? 0 : x));
			const script = `analyze <- function(inputs, params) list(x = params$x, table = data.frame(x = params$x))`;
			const { measurements, artifacts } = await bench.complete(pool, script, { params: { x: numbers } });
			expect(measurements.map(({ value }) => value)).toEqual(numbers);
			const rows = readFileSync(artifacts[0]?.file ?? "", "utf8")
				.trim()
				.split("\n")
				.slice(1);
			expect(rows.map(Number)).toEqual(numbers);
			// Where few digits say it all, few digits are written.
			expect(rows.slice(-200)).toEqual(numbers.slice(-200).map(String));
			expect(rows.slice(6, 10)).toEqual(["99999999999999.9", "0.984141196589917", "100000", "1.2345678901234568e+17"]);
		});

		test("every parameter as the type that it has in the configuration", async () => {
			const { bench, pool } = use();
			const script = `
				analyze <- function(inputs, params) {
					stopifnot(
						identical(params$digits, "20250815_123413"), identical(params$code, "007"), identical(params$n, 5),
						sprintf("%.17g", params$exact) == "0.12345678901234566", identical(params$yes, TRUE), is.null(params$nothing),
						identical(params$v, c(1, NA, 3)), identical(params$s, c("a", NA)), identical(params$b, c(TRUE, FALSE)),
						identical(params$mixed, list(1, "a", NULL, TRUE)), identical(params$deep$a$b, "c"), identical(params$none, list()),
						identical(names(params$odd), c("a b", "", "é")), identical(params$date, "2025-08-15"),
						identical(params$nan, NaN), identical(params$inf, -Inf)
					)
					1
				}`;
			const params = {
				digits: "20250815_123413",
				code: "007",
				n: 5,
				exact: 0.12345678901234566,
				yes: true,
				nothing: null,
				v: [1, null, 3],
				s: ["a", null],
				b: [true, false],
				mixed: [1, "a", null, true],
				deep: { a: { b: "c" } },
				none: [],
				odd: { "a b": 1, "": 2, é: 3 },
				date: "2025-08-15",
				nan: Number.NaN,
				inf: Number.NEGATIVE_INFINITY,
			};
			await bench.complete(pool, script, { params });
		});

		test("every text, there and back", async () => {
			const { bench, pool } = use();
			const text = fc.string({ unit: "binary", maxLength: 20 }).map((s) => s.replaceAll("\0", "").toWellFormed());
			const samples = fc.sample(text, { numRuns: 300, seed: 9 });
			const texts = [
				...samples,
				"\\n \\u0041 %s 'single' \"double\" `back`",
				"\r\n\t\b\f\v\x7f",
				"🧪 é 漢字 \u2028",
				"x",
			];
			const script = `
				analyze <- function(inputs, params, out) {
					stopifnot(identical(nchar(params$texts, "chars"), as.integer(params$lengths)))
					for (i in seq_along(params$texts)) wr_measure(as.character(i), 0, params$texts[[i]])
				}`;
			const lengths = texts.map((s) => [...s].length);
			const { measurements } = await bench.complete(pool, script, { params: { texts, lengths } });
			expect(measurements.map(({ unit }) => unit)).toEqual(texts);
		});

		test("and says what R cannot hold, before anything runs", async () => {
			const { bench, pool } = use();
			const record = await pool.run(bench.request("1", { params: { text: "a\0b" } }));
			expect(record).toMatchObject({ outcome: "failed", cause: { class: "permanent", code: "R_CANNOT_HOLD" } });
		});
	});
}
