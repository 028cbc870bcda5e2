import type { Kysely } from "kysely";
import { textType } from "./text-type.ts";

/** What was done without a turn, until the next turn tells it. */
export async function up(db: Kysely<unknown>): Promise<void> {
	const text = textType(db);
	await db.schema
		.createTable("asides")
		.addColumn("entity", text, (column) => column.notNull())
		.addColumn("at", "bigint", (column) => column.notNull())
		.addColumn("what", text, (column) => column.notNull())
		.addColumn("detail", text, (column) => column.notNull())
		.addPrimaryKeyConstraint("asides_pk", ["entity"])
		.execute();
}
