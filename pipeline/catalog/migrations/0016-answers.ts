import type { Kysely } from "kysely";
import { textType } from "./text-type.ts";

/** What was answered to who asked for an operation: who asks again under the same key is answered the same. */
export async function up(db: Kysely<unknown>): Promise<void> {
	await db.schema.alterTable("operations").addColumn("job", textType(db)).execute();
	await db.schema
		.alterTable("operations")
		.addColumn("already", "bigint", (column) => column.notNull().defaultTo(0))
		.execute();
	await db.schema.createIndex("operations_ended_at").on("operations").column("ended_at").execute();
}
