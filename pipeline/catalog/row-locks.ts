import { type Kysely, PostgresAdapter } from "kysely";
import type { Schema } from "./schema.ts";

/** Whether rows are locked one by one; else who writes has the whole database, and needs no such clause. */
export function locksRows(db: Kysely<Schema>): boolean {
	return db.getExecutor().adapter instanceof PostgresAdapter;
}
