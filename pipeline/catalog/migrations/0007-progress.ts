import type { Kysely } from "kysely";
import { textType } from "./text-type.ts";

/** How far a job that runs says it is. */
export async function up(db: Kysely<unknown>): Promise<void> {
	await db.schema.alterTable("jobs").addColumn("progress", textType(db)).execute();
}
