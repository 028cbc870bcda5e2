import type { Kysely } from "kysely";

/** What a measurement should be, at least and at most. */
export async function up(db: Kysely<unknown>): Promise<void> {
	for (const limit of ["lower", "upper"]) {
		await db.schema.alterTable("measurements").addColumn(limit, "double precision").execute();
	}
}
