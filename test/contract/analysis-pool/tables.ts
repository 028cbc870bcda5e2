import { readFileSync } from "node:fs";
import { parquetMetadata, parquetReadObjects, parquetSchema } from "hyparquet";
import { describe, expect, test } from "vitest";
import type { AnalysisRecord } from "#core/ports/analysis-pool.ts";
import type { PoolUnderTest } from "../analysis-pool.ts";

/** Parquet as another program reads it. What is written by a hand of ours was also read by pyarrow and DuckDB. */
export function describeTables(use: () => PoolUnderTest): void {
	describe("keeps tables in Parquet", () => {
		test("also where a column is an array of more than two dimensions", async () => {
			const { bench, pool } = use();
			const script = `analyze <- function() { data <- data.frame(n = 1:2); data$cube <- array(1:8, c(2, 2, 2)); data }`;
			const { tables } = await bench.complete(pool, script);
			expect(tables).toMatchObject([{ rows: 2, columns: [{ name: "n" }, { name: "cube", type: "other" }] }]);
		});

		test("with the types of R: NA is null and NaN is not, levels in their order, days, moments in UTC, units", async () => {
			const { bench, pool } = use();
			const script = `
				analyze <- function() data.frame(
					ok = c(TRUE, FALSE, NA), count = c(1L, NA, -2147483647L), od = c(NaN, NA, 1/3), odd = c(Inf, -Inf, 5e-324),
					well = c("A1", "é \\"漢\\"\n", NA), plate = factor(c("b", NA, "a"), levels = c("b", "a", "unused")),
					day = as.Date(c("2025-08-15", NA, "1969-12-31")),
					at = as.POSIXct(c(1755261254.1, NA, -0.25), origin = "1970-01-01", tz = "America/New_York"),
					took = as.difftime(c(1, NA, 2.5), units = "mins"), list = I(list(1:2, "z", NA))
				)`;
			const record = await bench.complete(pool, script);
			const { bytes, rows } = await read(record);
			expect(rows).toEqual([
				[true, 1, Number.NaN, Number.POSITIVE_INFINITY, "A1", "b", "2025-08-15", "2025-08-15T12:34:14.100Z", 1, "1:2"],
				[false, null, null, Number.NEGATIVE_INFINITY, 'é "漢"\n', null, null, null, null, '"z"'],
				[null, -2147483647, 1 / 3, 5e-324, null, "a", "1969-12-31", "1969-12-31T23:59:59.750Z", 2.5, "NA"],
			]);
			const metadata = parquetMetadata(bytes);
			expect(metadata.key_value_metadata).toEqual([{ key: "units", value: '{"took":"mins"}' }]);
			expect(parquetSchema(metadata).children.map(({ element }) => [element.type, element.logical_type?.type])).toEqual(
				[
					["BOOLEAN", undefined],
					["INT32", undefined],
					["DOUBLE", undefined],
					["DOUBLE", undefined],
					["BYTE_ARRAY", "STRING"],
					["BYTE_ARRAY", "STRING"],
					["INT32", "DATE"],
					["INT64", "TIMESTAMP"],
					["DOUBLE", undefined],
					["BYTE_ARRAY", "STRING"],
				],
			);
			expect(metadata.row_groups[0]?.columns[5]?.meta_data?.encodings).toContain("RLE_DICTIONARY");
			expect(record.tables[0]?.columns[8]).toEqual({ name: "took", type: "double", unit: "mins" });
		});

		test("value by value what the CSV says, in as many rows and groups of rows as there are", async () => {
			const { bench, pool } = use();
			const script = `
				analyze <- function() {
					n <- 140000L
					data.frame(
						i = seq_len(n), x = ifelse(seq_len(n) %% 7 == 0, NA, runif(n)), s = sprintf("é%d", seq_len(n)),
						f = factor(sprintf("level %d", seq_len(n) %% 300)), ok = rep(c(TRUE, NA, FALSE, TRUE), n / 4)
					)
				}`;
			const record = await bench.complete(pool, script);
			const { bytes, rows } = await read(record);
			expect(parquetMetadata(bytes).row_groups.map(({ num_rows }) => num_rows)).toEqual([131072n, 8928n]);
			const lines = readFileSync(record.artifacts.find(({ name }) => name === "table.csv")?.file ?? "", "utf8");
			const said = rows.map(([i, x, s, f, ok]) =>
				[i, x ?? "", `"${s}"`, `"${f}"`, ok === null ? "" : String(ok).toUpperCase()].join(","),
			);
			const csv = lines.trimEnd().split("\n").slice(1);
			const differing = csv.findIndex((line, i) => {
				const [number, x, ...rest] = line.split(",");
				const [toldNumber, toldX, ...toldRest] = said[i]?.split(",") ?? [];
				return number !== toldNumber || Number(x) !== Number(toldX) || rest.join() !== toldRest.join();
			});
			expect({ rows: csv.length, differing }).toEqual({ rows: rows.length, differing: -1 });
		});

		test("with whole numbers of 64 bits, as other packages bring them, in CSV and as measurements too", async () => {
			const { bench, pool } = use();
			// The class of bit64, which need not be there: the bits of a whole number in those of a double.
			const script = `
				int64 <- function(high, low) structure(readBin(writeBin(as.integer(rbind(low, high)), raw()), 0, length(high)), class = "integer64")
				analyze <- function() {
					data <- data.frame(n = 1:7)
					data$id <- int64(c(0, -1, 0, 2147483647, NA, 1, NA), c(0, -1, NA, -1, 1, 1000, 0))
					list(table = data, count = structure(int64(c(0, -1, NA), c(7, -8, 0)), names = c("a", "b", "c"), unit = "reads"))
				}`;
			const record = await bench.complete(pool, script);
			const ids = [0n, -1n, 2n ** 31n, 2n ** 63n - 1n, 1n - 2n ** 63n, 2n ** 32n + 1000n, null];
			const { rows } = await read(record);
			expect(rows.map(([, id]) => id)).toEqual(ids);
			const csv = readFileSync(record.artifacts.find(({ name }) => name === "table.csv")?.file ?? "", "utf8");
			expect(csv).toBe(['"n","id"', ...ids.map((id, i) => `${i + 1},${id ?? ""}`), ""].join("\n"));
			expect(record.tables[0]?.columns[1]).toEqual({ name: "id", type: "integer64" });
			expect(record.measurements).toEqual([
				{ name: "count.a", value: 7, unit: "reads" },
				{ name: "count.b", value: -8, unit: "reads" },
				{ name: "count.c", value: null, unit: "reads" },
			]);
		});

		test("without rows, with nothing but NA, with names that come twice or not at all, and none without columns", async () => {
			const { bench, pool } = use();
			const script = `
				analyze <- function() list(
					empty = data.frame(a = numeric(), f = factor()), nas = data.frame(a = c(NA, NA), s = NA_character_),
					names = structure(list(1, 2, 3), names = c("a", "a", ""), row.names = c(NA, -1L), class = "data.frame"),
					none = data.frame(row.names = 1:3)[, 0]
				)`;
			const record = await bench.complete(pool, script);
			expect((await read(record, "empty.parquet")).rows).toEqual([]);
			expect((await read(record, "nas.parquet")).rows).toEqual([
				[null, null],
				[null, null],
			]);
			const { bytes } = await read(record, "names.parquet");
			expect(parquetSchema(parquetMetadata(bytes)).children.map(({ element }) => element.name)).toEqual([
				"a",
				"a.1",
				"column3",
			]);
			expect(record.tables.map(({ name, parquet }) => [name, parquet !== undefined])).toContainEqual(["empty", true]);
		});
	});
}

async function read({ artifacts }: AnalysisRecord, name = "table.parquet") {
	const artifact = artifacts.find((each) => each.name === name);
	expect(artifact?.mediaType).toBe("application/vnd.apache.parquet");
	const file = readFileSync(artifact?.file ?? "");
	const bytes = new Uint8Array(file).buffer;
	const objects = await parquetReadObjects({ file: bytes, utf8: true });
	const rows = objects.map((row) => Object.values(row).map(plain));
	return { bytes, rows };
}

/** A day as its date, a moment in ISO 8601. */
function plain(value: unknown): unknown {
	if (!(value instanceof Date)) return value ?? null;
	const iso = value.toISOString();
	return iso.endsWith("T00:00:00.000Z") ? iso.slice(0, 10) : iso;
}
