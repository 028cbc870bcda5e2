import type { Kysely } from "kysely";
import { leaseMs as fullLeaseMs, type Progress } from "#domain/job.ts";
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

/** Read only as long as the attempt of this token runs. */
export async function progressed(db: Kysely<Schema>, jobId: string, token: number, progress: Progress): Promise<void> {
	await db
		.updateTable("jobs")
		.set({ progress: JSON.stringify({ token, ...progress }) })
		.where("id", "=", jobId)
		.where("token", "=", token)
		.where("state", "=", "running")
		.execute();
}

export async function renewLeases(db: Kysely<Schema>, now: number): Promise<void> {
	const until = now + fullLeaseMs;
	await db
		.updateTable("jobs")
		.set({ wake_at: until })
		.where("state", "=", "running")
		.where("wake_at", "<", until)
		.execute();
}

export async function began(db: Kysely<Schema>, jobId: string, token: number, now: number): Promise<void> {
	await db.updateTable("attempts").set({ began_at: now }).where("job", "=", jobId).where("token", "=", token).execute();
}
