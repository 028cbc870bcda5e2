import { type Kysely, sql } from "kysely";
import type { AttemptRow, Filter, HistoryRow, JobRow } from "#core/ports/catalog-rows.ts";
import type { Scope } from "#domain/access.ts";
import type { AttemptOutcome, JobState, Progress } from "#domain/job.ts";
import { wordsIn } from "#domain/search-words.ts";
import { type Asked, by, equals, type Listing, oneOf, ownTime, type Part, type Search } from "./listing.ts";
import { one } from "./page.ts";
import type { AttemptsTable, JobsTable, Schema } from "./schema.ts";
import { ofSeenPipeline, seenLines, seenLink } from "./scoped.ts";
import { jobsOfAcquisitions, searchesOf } from "./searches.ts";
import type { Reading } from "./way.ts";

export const jobs: Listing<JobsTable, JobRow> = {
	name: "jobs",
	sorts: { created: by(["jobs.created_at", "bigint"], ["jobs.id", "string"]) },
	seen: { by: "pipeline", column: "jobs.pipeline" },
	from: (db) => db.selectFrom("jobs"),
	shown: (query) => query.selectAll("jobs"),
	parts: {
		source: "jobs.source",
		pipeline: "jobs.pipeline",
		pool: "jobs.pool",
		state: "jobs.state",
		params: "jobs.params_hash",
	},
	leads,
	filters: {
		id: equals("jobs.id"),
		ids: oneOf("jobs.id"),
		acquisition: (id, scope) =>
			sql`jobs.id in (select job from acquisition_jobs where acquisition = ${id}) and ${seenLink(scope, id)}`,
		result: (id) => sql`jobs.id in (select job from results where id = ${id})`,
		...ownTime("jobs.created_at", "created"),
	},
	searches: { ...searchesOf(jobsOfAcquisitions), text: ofKeyOrCause },
	complete: async (_db, rows) => rows.map(asJobRow),
};

/** Most are completed, or wait; those in any other state are few, whatever their pipeline. */
function leads({ state, params, pipeline, source, pool }: Filter): readonly Part[] {
	const states = state === undefined ? [] : [state].flat();
	if (states.length > 0 && !states.some((each) => each === "completed" || each === "queued")) return ["state"];
	if (params !== undefined) return ["params"];
	if (pipeline !== undefined) return ["pipeline"];
	if (source !== undefined) return ["source"];
	return pool === undefined ? (states.length > 0 ? ["state"] : []) : ["pool"];
}

/** Few jobs have a cause, and it is looked through whole. */
function ofKeyOrCause(text: string, asked: Asked): Search {
	const key = searchesOf(jobsOfAcquisitions).text(text, asked);
	const words = wordsIn(text);
	if (key.ids === undefined) return key;
	const cause = (table: string) => {
		const each = words.map((word) => sql`lower(${sql.ref(`${table}.cause`)}) like ${`%${word}%`}`);
		return sql`(${sql.ref(`${table}.cause`)} is not null and ${sql.join(each, sql` and `)})`;
	};
	const failed = sql`select failed.id from jobs as failed where ${cause("failed")}`;
	return {
		among: [...key.among, failed],
		found: sql`jobs.id in (${key.ids} union all ${failed})`,
		tested: sql`(${key.tested} or ${cause("jobs")})`,
	};
}

export async function jobWithLife(reading: Reading, id: string) {
	const { db, scope } = reading;
	const job = await one(reading, jobs, id);
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
