import { type Kysely, sql } from "kysely";
import type { AttemptRow, HistoryRow, JobRow } from "#core/ports/catalog-rows.ts";
import type { Scope } from "#domain/access.ts";
import type { AttemptOutcome, JobState, Progress } from "#domain/job.ts";
import { equals, type Listing, one, oneOf, period } from "./page.ts";
import type { AttemptsTable, JobsTable, Schema } from "./schema.ts";
import { ofSeenPipeline, seenLines, seenLink } from "./scoped.ts";

export const jobs: Listing<JobsTable, JobRow> = {
	name: "jobs",
	sort: [
		{ column: "jobs.created_at", type: "number" },
		{ column: "jobs.id", type: "string" },
	],
	positionOf: ({ created_at, id }) => [created_at, id],
	seen: { by: "pipeline", column: "jobs.pipeline" },
	from: (db) => db.selectFrom("jobs").selectAll("jobs"),
	filters: {
		id: equals("jobs.id"),
		ids: oneOf("jobs.id"),
		source: equals("jobs.source"),
		pipeline: equals("jobs.pipeline"),
		state: oneOf("jobs.state"),
		acquisition: (id, scope) =>
			sql`jobs.id in (select job from acquisition_jobs where acquisition = ${id}) and ${seenLink(scope, id)}`,
		result: (id) => sql`jobs.id in (select job from results where id = ${id})`,
		...period("jobs.created_at"),
	},
	complete: async (_db, rows) => rows.map(asJobRow),
};

export async function jobWithLife(db: Kysely<Schema>, id: string, scope: Scope) {
	const job = await one(db, jobs, id, scope);
	if (job === undefined) return undefined;
	const attempts = await db.selectFrom("attempts").selectAll().where("job", "=", id).orderBy("token").execute();
	return { ...job, attempts: attempts.map(asAttemptRow), history: await history(db, id, scope) };
}

export async function jobsOf(db: Kysely<Schema>, acquisition: string, scope: Scope): Promise<readonly JobRow[]> {
	const rows = await db
		.selectFrom("acquisition_jobs as link")
		.innerJoin("jobs", "jobs.id", "link.job")
		.selectAll("jobs")
		.where("link.acquisition", "=", acquisition)
		.where(ofSeenPipeline(scope, "jobs.pipeline"))
		.where(seenLink(scope, acquisition))
		.orderBy("link.seq")
		.execute();
	return rows.map(asJobRow);
}

const notNumberedYet = sql.lit(Number.MAX_SAFE_INTEGER).as("seq");

export function history(db: Kysely<Schema>, entity: string, scope: Scope): Promise<readonly HistoryRow[]> {
	const seen = seenLines(scope, entity);
	return db
		.selectFrom("history")
		.select(["seq", "at", "entity", "what", "detail"])
		.where("entity", "=", entity)
		.where(seen)
		.unionAll(
			db
				.selectFrom("asides")
				.select([notNumberedYet, "at", "entity", "what", "detail"])
				.where("entity", "=", entity)
				.where(seen),
		)
		.orderBy("seq")
		.execute();
}

function asJobRow(row: JobsTable): JobRow {
	const state = row.state as JobState;
	const wakeAt = row.wake_at ?? undefined;
	return {
		id: row.id,
		pipeline: row.pipeline,
		source: row.source,
		pool: row.pool,
		state,
		priority: row.priority,
		attemptsUsed: row.attempts_used,
		attemptsAllowed: row.attempts_allowed,
		runAfter: state === "running" ? undefined : wakeAt,
		acquisition: row.acquisition,
		analysisFile: row.analysis_file,
		analysisDigest: row.analysis_digest,
		params: JSON.parse(row.params),
		leaseOwner: row.lease_owner ?? undefined,
		leaseUntil: state === "running" ? wakeAt : undefined,
		token: row.token,
		result: row.result ?? undefined,
		cause: row.cause === null ? undefined : JSON.parse(row.cause),
		progress: state === "running" ? progressOf(row) : undefined,
		createdAt: row.created_at,
		updatedAt: row.updated_at,
		traceparent: row.traceparent,
	};
}

/** Undefined also when an attempt before this one said it. */
function progressOf({ progress, token }: JobsTable): Progress | undefined {
	if (progress === null) return undefined;
	const { token: saidBy, ...said } = JSON.parse(progress);
	return saidBy === token ? said : undefined;
}

function asAttemptRow(row: AttemptsTable): AttemptRow {
	return {
		job: row.job,
		token: row.token,
		number: row.number,
		worker: row.worker,
		startedAt: row.started_at,
		beganAt: row.began_at ?? undefined,
		endedAt: row.ended_at ?? undefined,
		outcome: (row.outcome as AttemptOutcome | null) ?? undefined,
		cause: row.cause === null ? undefined : JSON.parse(row.cause),
		log: row.log ?? undefined,
		seconds: row.seconds ?? undefined,
		run: row.run === null ? undefined : JSON.parse(row.run),
	};
}
