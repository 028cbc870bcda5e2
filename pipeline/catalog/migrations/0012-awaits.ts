import type { Kysely } from "kysely";
import { textType } from "./text-type.ts";

/** By which a pipeline that comes for an arrival through its stages is told from one that is new. */
export async function up(db: Kysely<unknown>): Promise<void> {
	await db.schema.alterTable("arrivals").addColumn("awaits", textType(db)).execute();
}
