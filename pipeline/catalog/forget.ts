import type { Kysely } from "kysely";
import { linkedAcquisitions } from "./held-job.ts";
import { noteForgotten } from "./read-feed.ts";
import type { JobsTable, Schema } from "./schema.ts";
import type { Turn } from "./turn.ts";

/**
 * What is kept for ever, because a promise rests on it: acquisitions, jobs, results, the events that were taken in
 * (`arrivals`) and what left a room for good, by which what comes again is known; groups that passed, which a late member
 * makes whole; and the histories, by which one can ask why. What grows without any file that comes is bounded here.
 */

/** A job may be asked for weeks whether it is ready, or wait for a share: of such attempts so many are kept, to twice as many. */
const keptAttempts = 100;

/** Forgets early attempts of a job that came to nothing and used none up, and what was told of them. */
export async function forgetEarlyAttempts(turn: Turn, { id, token, created_at }: JobsTable): Promise<void> {
	if (token % keptAttempts !== 0) return;
	const last = await turn.db
		.selectFrom("attempts")
		.select(["token", "seq"])
		.where("job", "=", id)
		.where("token", "<=", token - keptAttempts)
		.orderBy("token", "desc")
		.limit(1)
		.executeTakeFirst();
	if (last === undefined) return;
	await turn.db
		.deleteFrom("attempts")
		.where("job", "=", id)
		.where("token", "<=", last.token)
		.where("outcome", "in", ["not-ready", "lost"])
		.execute();
	await turn.db
		.deleteFrom("history")
		.where("entity", "=", id)
		.where("seq", "<", last.seq)
		.where("what", "in", ["created", "validated", "queued", "running", "executed", "failed"])
		// What was told at its birth stays.
		.where("at", ">", created_at)
		.execute();
	await turn.db
		.deleteFrom("history")
		.where("entity", "in", [...(await linkedAcquisitions(turn, id))])
		.where("seq", "<", last.seq)
		.where("what", "=", "not-ready")
		.execute();
	await noteForgotten(turn, last.seq);
}

/** With what was held back by a process that was killed then. */
export async function forgetOperations(db: Kysely<Schema>, before: number, max: number): Promise<number> {
	await db.deleteFrom("pauses").where("until", "<", before).execute();
	const old = await db
		.selectFrom("operations")
		.select("id")
		.where("ended_at", "<", before)
		.orderBy("ended_at")
		.limit(max)
		.execute();
	const ids = old.map(({ id }) => id);
	if (ids.length > 0) await db.deleteFrom("operations").where("id", "in", ids).execute();
	return ids.length;
}

export async function forgetOutcomes(db: Kysely<Schema>, before: number, max: number): Promise<number> {
	const oldest = await db.selectFrom("outcomes").select(["seq", "at"]).orderBy("seq").limit(max).execute();
	const old = oldest.filter(({ at }) => at < before).map(({ seq }) => seq);
	if (old.length > 0) await db.deleteFrom("outcomes").where("seq", "in", old).execute();
	return old.length;
}
