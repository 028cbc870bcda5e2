import type { Insertable, Kysely } from "kysely";
import type { Schema } from "./schema.ts";

/** Bounds the number of parameters of a statement: SQLite takes 32,766, PostgreSQL 65,535. */
const rowsPerStatement = 500;

export async function insertRows<T extends keyof Schema>(
	db: Kysely<Schema>,
	table: T,
	rows: readonly Insertable<Schema[T]>[],
): Promise<void> {
	for (const chunk of chunks(rows, rowsPerStatement)) await db.insertInto(table).values(chunk).execute();
}

export function* chunks<T>(items: readonly T[], size: number): Generator<readonly T[]> {
	for (let from = 0; from < items.length; from += size) yield items.slice(from, from + size);
}
