import { type Kysely, sql, type Transaction } from "kysely";
import { fault, permanent, WatchRabbitError } from "#core/errors.ts";
import type { TableContents } from "#core/ports/catalog-store.ts";
import type { ExportLine } from "./export-lines.ts";
import { insertRows } from "./insert-rows.ts";
import type { Schema } from "./schema.ts";
import { contentsOf, Digest, type Row, type TableName, tableNames } from "./tables.ts";

/** In one transaction, in which nobody else writes. */
export function importCatalog(
	db: Kysely<Schema>,
	lines: AsyncIterable<string>,
	migration: string,
): Promise<readonly TableContents[]> {
	return db.transaction().execute(async (trx) => {
		await trx.updateTable("writer").set({ turn: 0 }).execute();
		await refuseNonEmpty(trx);
		const told = await takeAll(trx, lines, migration);
		for (const contents of told) {
			const { count, sha256 } = await contentsOf(trx, contents.table as TableName);
			if (count === contents.count && sha256 === contents.sha256) continue;
			throw fault(
				"IMPORT_DIFFERS",
				`the table ${contents.table} does not hold what was put into it; nothing was changed`,
			);
		}
		return told;
	});
}

async function refuseNonEmpty(trx: Transaction<Schema>): Promise<void> {
	for (const table of tableNames) {
		if (table === "writer") continue;
		const { rows } = await sql`select 1 from ${sql.table(table)} limit 1`.execute(trx);
		if (rows.length === 0) continue;
		throw permanent("CATALOG_NOT_EMPTY", `the catalog is not empty: there are ${table.replaceAll("_", " ")} in it`, {
			fix: "Import into a new database: two catalogs cannot be made one.",
		});
	}
}

/** Rows of one table that are yet to be inserted. */
const rowsAtOnce = 200;

/** Puts every row where it belongs, and holds each table against what the export says of it. */
async function takeAll(trx: Transaction<Schema>, lines: AsyncIterable<string>, migration: string) {
	const told: TableContents[] = [];
	let begun = false;
	let ended = false;
	let rows: Row[] = [];
	let digest = new Digest(tableAt(0));
	for await (const text of lines) {
		const line = parse(text);
		const table = tableAt(told.length);
		if (ended) throw damaged("something comes after its end");
		if ("begins" in line) {
			begun = true;
			refuseOther(line, migration);
		} else if (!begun) throw damaged("its first line is not that of an export");
		else if ("ends" in line) ended = true;
		else if (line.table !== table) throw damaged(`"${line.table}" is not the table that comes next`);
		else if ("row" in line) {
			digest.add(line.row);
			rows.push(line.row);
			if (rows.length < rowsAtOnce) continue;
			await insert(trx, table, rows);
			rows = [];
		} else {
			await insert(trx, table, rows);
			rows = [];
			const { count, sha256 } = digest.end();
			if (count !== line.count || sha256 !== line.sha256)
				throw damaged(`the rows of ${table} are not those that were written`);
			told.push(line);
			digest = new Digest(tableAt(told.length));
		}
	}
	if (!ended || told.length < tableNames.length) throw damaged("its end is missing");
	return told;
}

/** Behind the last one nothing fits but the end. */
function tableAt(index: number): TableName {
	return tableNames[index] ?? ("" as TableName);
}

async function insert(trx: Transaction<Schema>, table: TableName, rows: readonly Row[]): Promise<void> {
	if (table === "writer") {
		for (const row of rows) await trx.updateTable("writer").set(row).where("id", "=", 1).execute();
		return;
	}
	try {
		await insertRows(trx, table, rows as never);
	} catch (thrown) {
		// What a table refuses was never in one.
		if (thrown instanceof WatchRabbitError && thrown.code === "DATABASE_CONSTRAINT") throw damaged(thrown.message);
		throw thrown;
	}
}

function refuseOther({ format, migration }: Extract<ExportLine, { begins: unknown }>, ours: string): void {
	if (format === 1 && migration === ours) return;
	throw permanent("IMPORT_OTHER_VERSION", `the export is of a catalog at ${migration}, and this one is at ${ours}`, {
		fix: "Export and import with the same version of watchrabbit: start it once on the old catalog, then export again.",
	});
}

function parse(text: string): ExportLine {
	try {
		const line: unknown = JSON.parse(text);
		if (typeof line === "object" && line !== null && !Array.isArray(line)) return line as ExportLine;
	} catch {
		// told below
	}
	throw damaged(`a line is no JSON object: ${text.slice(0, 80)}`);
}

function damaged(how: string) {
	return permanent("IMPORT_DAMAGED", `this is no whole export of a catalog: ${how}; nothing was changed`, {
		fix: "Export it again, and copy the file whole (compare its size).",
	});
}
