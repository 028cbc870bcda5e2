import { type Kysely, PostgresAdapter, type RawBuilder, sql } from "kysely";

/**
 * Text in the order of its bytes, as SQLite has it: PostgreSQL would sort it by the rules of a language, which makes
 * comparing slow, and an index wrong once the system's idea of that language changes.
 */
export function textType(db: Kysely<unknown>): "text" | RawBuilder<unknown> {
	return db.getExecutor().adapter instanceof PostgresAdapter ? sql`text collate "C"` : "text";
}
