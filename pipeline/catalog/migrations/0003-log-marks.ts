import type { Kysely } from "kysely";
import { textType } from "./text-type.ts";

/** By which a log is known again that was replaced by another one, and how often each was read from its first event. */
export async function up(db: Kysely<unknown>): Promise<void> {
	await db.schema.alterTable("offsets").addColumn("mark", textType(db)).execute();
	await db.schema
		.alterTable("offsets")
		.addColumn("begun", "bigint", (column) => column.notNull().defaultTo(0))
		.execute();
}
