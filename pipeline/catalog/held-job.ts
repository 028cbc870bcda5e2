import type { Kysely } from "kysely";
import { heldBack } from "./pauses.ts";
import { locksRows } from "./row-locks.ts";
import type { JobsTable, Schema } from "./schema.ts";
import type { Turn } from "./turn.ts";

/** The job as it stays until the turn ends: nobody claims it beside the turns meanwhile. */
export function lockedJob(turn: Turn, id: string): Promise<JobsTable | undefined> {
	return turn.db
		.selectFrom("jobs")
		.selectAll()
		.where("id", "=", id)
		.$if(locksRows(turn.db), (query) => query.forUpdate())
		.executeTakeFirst();
}

/** With what keeps it from beginning, if anything does. */
export type ClaimableJob = JobsTable & { readonly held_back: string | null };

/** As `lockedJob`, for who claims it. */
export function claimableJob(turn: Turn, id: string): Promise<ClaimableJob | undefined> {
	return claimable(turn.db, [id])
		.$if(locksRows(turn.db), (query) => query.forUpdate())
		.executeTakeFirst();
}

/** Of these jobs, those that nobody has in hand: they are in ours until the transaction ends. Where rows are locked one by one. */
export async function freeJobs(db: Kysely<Schema>, ids: readonly string[]): Promise<Map<string, ClaimableJob>> {
	const jobs = await claimable(db, ids).forUpdate().skipLocked().execute();
	return new Map(jobs.map((job) => [job.id, job]));
}

function claimable(db: Kysely<Schema>, ids: readonly string[]) {
	return db.selectFrom("jobs").selectAll().select(heldBack.as("held_back")).where("id", "in", ids);
}

/** The job if it runs under this token; undefined when whoever holds the token was fenced out. */
export function heldJob(turn: Turn, id: string, token: number): Promise<JobsTable | undefined> {
	return turn.db
		.selectFrom("jobs")
		.selectAll()
		.where("id", "=", id)
		.where("token", "=", token)
		.where("state", "=", "running")
		.executeTakeFirst();
}

/** Acquisitions for which the job is, in the order in which they were linked. */
export async function linkedAcquisitions(turn: Turn, job: string): Promise<readonly string[]> {
	const links = await turn.db
		.selectFrom("acquisition_jobs")
		.select("acquisition")
		.where("job", "=", job)
		.orderBy("seq")
		.execute();
	return links.map(({ acquisition }) => acquisition);
}
