import { stringify } from "csv-stringify/sync";
import { type Column, valueAt } from "./columns.ts";

type Rows = AsyncIterable<readonly object[]>;
type Write = (columns: readonly Column[], rows: Rows) => AsyncIterable<string | Uint8Array>;

export interface Format {
	readonly write: Write;
	readonly extension: string;
}

/** How a whole list is written, by media type: some rows at a time, so that it takes no more memory however long it is. */
export const formats = {
	"application/x-ndjson": { write: ndjson, extension: "ndjson" },
	"text/csv": { write: csv, extension: "csv" },
	"application/vnd.apache.parquet": { write: parquet, extension: "parquet" },
} as const satisfies Readonly<Record<string, Format>>;

/** A row a line, as the list has it in JSON. */
async function* ndjson(columns: readonly Column[], rows: Rows): AsyncGenerator<string> {
	const names = new Set(columns.map(({ path }) => path[0]));
	for await (const some of rows) {
		yield some
			.map((row) => `${JSON.stringify(Object.fromEntries(Object.entries(row).filter(([name]) => names.has(name))))}\n`)
			.join("");
	}
}

/**
 * RFC 4180, with a header. What is not there is empty, which R reads as NA, and so is an empty text; NaN and the infinities as R writes them. A text
 * that a spreadsheet would take for a formula has an apostrophe before it.
 */
async function* csv(columns: readonly Column[], rows: Rows): AsyncGenerator<string> {
	const options = { record_delimiter: "\r\n", cast: { boolean: String } } as const;
	yield stringify([columns.map(({ name }) => name)], options);
	for await (const some of rows) {
		yield stringify(
			some.map((row) => columns.map((column) => cell(column, valueAt(row, column)))),
			options,
		);
	}
}

/** What spreadsheets take for the beginning of a formula (OWASP, CSV injection), also as full-width characters. */
const formula = /^[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]/;

/** Numbers stay what they are: the library's own protection against formulas takes negative ones for one. */
function cell({ kind }: Column, value: unknown): unknown {
	if (kind === "json" && value !== null) return JSON.stringify(value);
	return kind === "text" && typeof value === "string" && formula.test(value) ? `'${value}` : value;
}

/** A row group for what comes together; numbers are doubles (NaN and the infinities are themselves), times milliseconds in UTC. */
async function* parquet(columns: readonly Column[], rows: Rows): AsyncGenerator<Uint8Array> {
	// Only who exports to it pays for it.
	const { ByteWriter, ParquetWriter, schemaFromColumnData } = await import("hyparquet-writer");
	const types = { text: "STRING", number: "DOUBLE", time: "TIMESTAMP", boolean: "BOOLEAN", json: "STRING" } as const;
	const dataOf = (some: readonly object[]) =>
		columns.map((column) => ({
			name: column.name,
			type: types[column.kind],
			nullable: true,
			data: some.map((row) => parquetValue(column, valueAt(row, column))),
		}));
	const writer = new ByteWriter();
	const taken = () => {
		const bytes = writer.getBytes().slice();
		writer.index = 0;
		return bytes;
	};
	const file = new ParquetWriter({
		writer,
		schema: schemaFromColumnData({ columnData: dataOf([]) }),
		createdBy: "WatchRabbit",
	});
	for await (const some of gathered(rows, rowGroup)) {
		await file.write({ columnData: dataOf(some), rowGroupSize: rowGroup });
		yield taken();
	}
	await file.finish();
	yield taken();
}

const rowGroup = 20_000;

async function* gathered(rows: Rows, most: number): AsyncGenerator<readonly object[]> {
	let kept: object[] = [];
	for await (const some of rows) {
		kept.push(...some);
		if (kept.length < most) continue;
		yield kept.slice(0, most);
		kept = kept.slice(most);
	}
	if (kept.length > 0) yield kept;
}

const unusual: Readonly<Record<string, number>> = {
	NaN: Number.NaN,
	Inf: Number.POSITIVE_INFINITY,
	"-Inf": Number.NEGATIVE_INFINITY,
};

function parquetValue({ kind }: Column, value: unknown): unknown {
	if (value === null) return null;
	if (kind === "time") return new Date(String(value));
	if (kind === "number") return typeof value === "number" ? value : unusual[String(value)];
	if (kind === "json") return JSON.stringify(value);
	return kind === "text" ? String(value) : value;
}
