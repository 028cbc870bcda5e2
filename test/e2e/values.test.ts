import { execFile } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { promisify } from "node:util";
import { expect, it } from "vitest";
import type { Manifest, Measurement } from "#domain/result.ts";
import { createLab, type ListedResult, listed } from "#test/support/lab.ts";
import { describeWith, requireR } from "#test/support/services.ts";

/** Values that JSON, CSV and SQL like to change, as R makes them. */
const values = `numbers <- c(nan = NaN, na = NA, inf = Inf, minus_inf = -Inf, third = 1/3, sum = 0.1 + 0.2, tiny = 5e-324,
  huge = .Machine$double.xmax, count = 12345678901234567, zero = 0, od = 2.3451812345678901)
table <- data.frame(
  double = c(NaN, NA, Inf, -Inf, 1/3, 0.1 + 0.2, 123456789.12345678),
  integer = c(1L, NA, -2147483647L, 0L, 5L, 6L, 7L),
  logical = c(TRUE, FALSE, NA, TRUE, FALSE, NA, TRUE),
  character = c("Löhne µg/ml 😀", "say \\"hi\\"", "two\\nlines", NA, "NA", "20250815_123413", "00123"),
  factor = factor(c("b", "a", "c", NA, "a, b", "b", "a"), levels = c("c", "b", "a", "a, b", "unused")),
  date = as.Date(c("1999-12-31", NA, "2026-02-28", "2024-02-29", "1970-01-01", "0999-01-01", "2099-12-31")),
  time = as.POSIXct(c(0, NA, 1.5, 1767225599, 1767225600.25, -1, 951782400), origin = "1970-01-01", tz = "UTC")
)
`;

const script = `${values}
analyze <- function(inputs, params, out) {
  stopifnot(
    identical(params$barcode, "20250815_123413"), identical(params$unquoted, "20250815_123413"), identical(params$digits, "00123"),
    identical(params$long, "12345678901234567890"), identical(sprintf("%.17g", params$precise), "0.12345678901234566"),
    identical(params$plates, c("01", "2")), identical(params$doses, c(0.1, 30)), identical(params$dry, FALSE), is.null(params$none)
  )
  c(as.list(numbers), list(table = table))
}
`;

/** What a person does with the table later: read it by its column types, and compare it with what was returned. */
const readBack = `${values}
file <- commandArgs(trailingOnly = TRUE)
read <- read.csv(file, colClasses = c("numeric", "integer", "logical", rep("character", 4)), encoding = "UTF-8", na.strings = character())
read$character[4] <- NA # an empty field without quotes: read.csv cannot tell it from an empty text
read$factor <- factor(read$factor, levels = levels(table$factor))
read$date <- as.Date(read$date, optional = TRUE)
read$time <- as.POSIXct(strptime(read$time, "%Y-%m-%dT%H:%M:%OSZ", tz = "UTC"))
for (name in names(table)) if (!identical(read[[name]], table[[name]])) cat(name, "differs:", format(read[[name]], digits = 17), "\\n")
`;

describeWith("r", "what R returns", () => {
	it("is the same in the manifest, the API, the commands and the table, and to R that reads it", async () => {
		const lab = await createLab({
			script,
			pipeline: `    params:
      barcode: "20250815_123413"
      unquoted: 20250815_123413
      digits: "00123"
      long: "12345678901234567890"
      precise: 0.12345678901234566
      plates: ["01", "2"]
      doses: [0.1, 30]
      dry: false
      none: null
    retry: { attempts: 1 }`,
		});
		await lab.write("data/plate.csv", "A1,0.1\n");
		const up = lab.start("up");
		const address = await up.address();
		const [told] = await listed<ListedResult>(address, "results", ({ length }) => length === 1, 20_000);
		const manifest = (await (await fetch(`${address}/api/v1/results/${told?.id}/manifest`)).json()) as Manifest;
		const measurements = await listed<Measurement>(address, "measurements", () => true);
		const table = await (await fetch(`${address}/api/v1/results/${told?.id}/artifacts/table.csv`)).text();
		expect((await up.stop()).code).toBe(0);

		expect(Object.fromEntries(manifest.measurements.map(({ name, value }) => [name, value]))).toEqual({
			nan: "NaN",
			na: null,
			inf: "Inf",
			minus_inf: "-Inf",
			third: 1 / 3,
			sum: 0.1 + 0.2,
			tiny: 5e-324,
			huge: Number.MAX_VALUE,
			count: 12345678901234568,
			zero: 0,
			od: 2.34518123456789,
		});
		const [fromCommand] = await lab.json<ListedResult>("list", "results");
		const [shown] = await lab.json<ListedResult>("show", told?.id as string);
		const withLimits = manifest.measurements.map((each) => ({
			...each,
			lower: each.lower ?? null,
			upper: each.upper ?? null,
		}));
		for (const result of [told, fromCommand, shown]) expect(result?.measurements).toEqual(withLimits);
		const byName = (all: readonly Measurement[]) => new Map(all.map(({ name, value }) => [name, value]));
		expect(byName(measurements)).toEqual(byName(manifest.measurements));
		expect(manifest.analysis.params).toEqual({
			barcode: "20250815_123413",
			unquoted: "20250815_123413",
			digits: "00123",
			long: "12345678901234567890",
			precise: 0.12345678901234566,
			plates: ["01", "2"],
			doses: [0.1, 30],
			dry: false,
			none: null,
		});
		expect(manifest.tables[0]?.columns).toEqual([
			{ name: "double", type: "double" },
			{ name: "integer", type: "integer" },
			{ name: "logical", type: "logical" },
			{ name: "character", type: "character" },
			{ name: "factor", type: "factor", levels: ["c", "b", "a", "a, b", "unused"] },
			{ name: "date", type: "date" },
			{ name: "time", type: "datetime" },
		]);
		await writeFile(lab.path("table.csv"), table);
		await writeFile(lab.path("read.R"), readBack);
		const { stdout } = await promisify(execFile)(requireR(), [lab.path("read.R"), lab.path("table.csv")], {
			env: { ...process.env, LC_ALL: "C.UTF-8" },
		});
		expect(stdout).toBe("");
		await lab.remove();
	});
});
