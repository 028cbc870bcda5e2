import type { Kysely } from "kysely";
import { lineOf } from "./export-lines.ts";
import type { Schema } from "./schema.ts";
import { Digest, rowsOf, tableNames } from "./tables.ts";

/** The tables as they are when it begins, whatever is written meanwhile. */
export async function* exportCatalog(db: Kysely<Schema>, migration: string): AsyncGenerator<string> {
	const trx = await db.startTransaction().setIsolationLevel("repeatable read").setAccessMode("read only").execute();
	try {
		yield lineOf({ begins: "watchrabbit catalog", format: 1, migration });
		for (const table of tableNames) {
			const digest = new Digest(table);
			for await (const rows of rowsOf(trx, table)) {
				for (const row of rows) digest.add(row);
				yield rows.map((row) => lineOf({ table, row })).join("");
			}
			yield lineOf(digest.end());
		}
		yield lineOf({ ends: "watchrabbit catalog" });
	} finally {
		await trx.rollback().execute();
	}
}
