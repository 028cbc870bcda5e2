import type { Kysely } from "kysely";
import { textType } from "./text-type.ts";

/** Members of rooms that left for good; and when the run of an attempt began, if it did. */
export async function up(db: Kysely<unknown>): Promise<void> {
	const text = textType(db);
	await db.schema
		.createTable("departed")
		.addColumn("room", text, (column) => column.notNull())
		.addColumn("key_hash", text, (column) => column.notNull())
		.addColumn("id_hash", text, (column) => column.notNull())
		.addPrimaryKeyConstraint("departed_pk", ["room", "key_hash", "id_hash"])
		.execute();
	await db.schema.alterTable("attempts").addColumn("began_at", "bigint").execute();
}
