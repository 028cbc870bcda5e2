import type { Kysely } from "kysely";
import { textType } from "./text-type.ts";

/** What people asked for, what they hold back, and which acquisitions may be removed at their source. */
export async function up(db: Kysely<unknown>): Promise<void> {
	const text = textType(db);
	await db.schema
		.createTable("operations")
		.addColumn("id", text, (column) => column.primaryKey().notNull())
		.addColumn("seq", "bigint", (column) => column.notNull())
		.addColumn("kind", text, (column) => column.notNull())
		.addColumn("target_type", text, (column) => column.notNull())
		.addColumn("target_name", text, (column) => column.notNull())
		.addColumn("target_path", text)
		.addColumn("source", text)
		.addColumn("pipeline", text)
		.addColumn("state", text, (column) => column.notNull())
		.addColumn("done", "bigint", (column) => column.notNull())
		.addColumn("total", "bigint", (column) => column.notNull())
		.addColumn("message", text, (column) => column.notNull())
		.addColumn("requested_by", text, (column) => column.notNull())
		.addColumn("why", text)
		.addColumn("error", text)
		.addColumn("key", text)
		.addColumn("requested_at", "bigint", (column) => column.notNull())
		.addColumn("started_at", "bigint")
		.addColumn("ended_at", "bigint")
		.execute();
	await db.schema.createIndex("operations_seq").on("operations").column("seq").unique().execute();
	await db.schema.createIndex("operations_state").on("operations").columns(["state", "seq"]).execute();
	await db.schema.createIndex("operations_key").on("operations").columns(["requested_by", "key"]).unique().execute();
	await db.schema
		.createTable("pauses")
		.addColumn("type", text, (column) => column.notNull())
		.addColumn("name", text, (column) => column.notNull())
		.addColumn("path", text, (column) => column.notNull())
		.addColumn("path_hash", text, (column) => column.notNull())
		.addColumn("since", "bigint", (column) => column.notNull())
		.addColumn("requested_by", text, (column) => column.notNull())
		.addColumn("why", text)
		.addColumn("operation", text, (column) => column.notNull())
		.addColumn("until", "bigint")
		.addPrimaryKeyConstraint("pauses_pk", ["type", "name", "path_hash"])
		.execute();
	await db.schema.alterTable("acquisitions").addColumn("safe_at", "bigint").execute();
}
