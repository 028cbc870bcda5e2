import type { Kysely } from "kysely";
import type { Schema } from "./schema.ts";

/** Running jobs keep their state and token; the next `wake` reaps them. */
export async function endLeases(db: Kysely<Schema>, now: number): Promise<number> {
	const { numUpdatedRows } = await db
		.updateTable("jobs")
		.set({ wake_at: now })
		.where("state", "=", "running")
		.executeTakeFirst();
	return Number(numUpdatedRows);
}
