import type { Kysely } from "kysely";
import { textType } from "./text-type.ts";

/** What is known of the run of an attempt that came to no result. */
export async function up(db: Kysely<unknown>): Promise<void> {
	await db.schema.alterTable("attempts").addColumn("run", textType(db)).execute();
}
