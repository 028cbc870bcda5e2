import type { Kysely } from "kysely";
import type { Schema } from "./schema.ts";

/** A single statement, and no turn: nobody else may change a job that runs under its token. */
export async function keep(
	db: Kysely<Schema>,
	jobId: string,
	token: number,
	leaseMs: number,
	now: number,
): Promise<boolean> {
	const { numUpdatedRows } = await db
		.updateTable("jobs")
		.set({ wake_at: now + leaseMs })
		.where("id", "=", jobId)
		.where("token", "=", token)
		.where("state", "=", "running")
		.executeTakeFirst();
	return numUpdatedRows === 1n;
}
