import type { Kysely } from "kysely";
import { textType } from "./text-type.ts";

/** By which a version that comes late, after one that was published behind it, is known. */
export async function up(db: Kysely<unknown>): Promise<void> {
	await db.schema.alterTable("acquisitions").addColumn("standing", textType(db)).execute();
}
