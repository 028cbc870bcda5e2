import { type Kysely, sql } from "kysely";
import type { JobsTable, Schema } from "./schema.ts";
import type { Turn } from "./turn.ts";

/**
 * The rule: the result of a job is superseded if and only if each acquisition linked to the job is followed by one that
 * is linked to a job of the same pipeline which has a result. An acquisition is followed by the later versions of its
 * key, and by itself where it was linked to another job later: the analysis was changed. So a new version supersedes the
 * older result once it has a result itself, never before; a result that some current acquisition shares stays current;
 * and content that comes back makes its old result current again.
 *
 * An earlier result of the same job (it was replayed) is superseded by the later one, for ever: commit-results.ts.
 *
 * Two things can change what the rule says: a job gets its first result, or an acquisition is linked to a job that has
 * one. Either makes a version of a key have a result: those to be judged are the job itself, and the jobs with a
 * current result that are linked to that version of the key or to earlier ones.
 */

type Job = Pick<JobsTable, "id" | "pipeline" | "result">;

/** A job has a result now. */
export async function judgeAfterResult(turn: Turn, job: Job, links: readonly LinkOfResult[]): Promise<void> {
	const concerning = links.filter(({ concerns_others }) => concerns_others === 1);
	if (concerning.length === 0) return;
	await judge(turn, job);
	for (const key of concerning) await judgeEarlier(turn, job, key);
}

/** A job that has a result is linked to one acquisition more. */
export async function judgeAfterLink(turn: Turn, job: Job, acquisition: string): Promise<void> {
	await judge(turn, job);
	const key = await turn.db
		.selectFrom("acquisitions")
		.select(["source", "key_hash", "version"])
		.where("id", "=", acquisition)
		.executeTakeFirstOrThrow();
	await judgeEarlier(turn, job, key);
}

interface Version {
	readonly source: string;
	readonly key_hash: string;
	readonly version: number;
}

export interface LinkOfResult extends Version {
	readonly job: string;
	readonly acquisition: string;
	/** 1 where there is another version, or another job; the first and only of both concerns nobody else. */
	readonly concerns_others: number;
}

/** Acquisitions for which the jobs are, in the order in which they were linked. */
export function linksOfResults(db: Kysely<Schema>, jobs: readonly string[]): Promise<LinkOfResult[]> {
	return db
		.selectFrom("acquisition_jobs as link")
		.innerJoin("acquisitions as taken", "taken.id", "link.acquisition")
		.select(["link.job", "link.acquisition", "taken.source", "taken.key_hash", "taken.version"])
		.select((eb) =>
			eb
				.case()
				.when(
					eb.or([
						eb("taken.version", ">", 1),
						eb("taken.superseded_by", "is not", null),
						eb.exists(
							eb
								.selectFrom("acquisition_jobs as other")
								.select("other.job")
								.whereRef("other.acquisition", "=", "link.acquisition")
								.whereRef("other.job", "<>", "link.job")
								.whereRef("other.pipeline", "=", "link.pipeline"),
						),
					]),
				)
				.then(eb.lit(1))
				.else(eb.lit(0))
				.end()
				.as("concerns_others"),
		)
		.where("link.job", "in", jobs)
		.orderBy("link.seq")
		.execute();
}

async function judgeEarlier(turn: Turn, job: Job, { source, key_hash, version }: Version): Promise<void> {
	const earlier = await turn.db
		.selectFrom("acquisitions as taken")
		.innerJoin("acquisition_jobs as link", "link.acquisition", "taken.id")
		.innerJoin("jobs", "jobs.id", "link.job")
		.innerJoin("results", "results.id", "jobs.result")
		.select(["jobs.id", "jobs.pipeline", "jobs.result"])
		.distinct()
		.where("taken.key_hash", "=", key_hash)
		.where("taken.source", "=", source)
		.where("taken.version", "<=", version)
		.where("jobs.id", "<>", job.id)
		.where("link.pipeline", "=", job.pipeline)
		.where("results.state", "=", "current")
		.execute();
	for (const other of earlier) await judge(turn, other);
}

async function judge(turn: Turn, job: Job): Promise<void> {
	if (job.result === null) return;
	const { state } = await turn.db
		.selectFrom("results")
		.select("state")
		.where("id", "=", job.result)
		.executeTakeFirstOrThrow();
	const stands = await hasStandingLink(turn, job);
	if (stands === (state === "current")) return;
	const supersededBy = stands ? null : await successor(turn, job);
	await turn.db
		.updateTable("results")
		.set({ state: stands ? "current" : "superseded", superseded_by: supersededBy })
		.where("id", "=", job.result)
		.execute();
	if (stands) turn.tell(job.result, "current", "its content came back");
	else turn.tell(job.result, "superseded", `by ${supersededBy}`);
}

/** Acquisitions that have a result in the pipeline, a row for each of their jobs. */
function laterResults(turn: Turn, pipeline: string) {
	return turn.db
		.selectFrom("acquisitions as later")
		.innerJoin("acquisition_jobs as later_link", "later_link.acquisition", "later.id")
		.innerJoin("jobs as later_job", "later_job.id", "later_link.job")
		.where("later_link.pipeline", "=", pipeline)
		.where("later_job.result", "is not", null);
}

/** Of one version of a key, the job that was linked later follows. To be used where `later.version >= taken.version`. */
const follows = sql<boolean>`(later.version > taken.version or later_link.seq > link.seq)`;

/** Whether an acquisition of the job is followed by none with a result. */
async function hasStandingLink(turn: Turn, job: Job): Promise<boolean> {
	const standing = await turn.db
		.selectFrom("acquisition_jobs as link")
		.innerJoin("acquisitions as taken", "taken.id", "link.acquisition")
		.select("link.acquisition")
		.where("link.job", "=", job.id)
		.where(({ not, exists }) =>
			not(
				exists(
					laterResults(turn, job.pipeline)
						.select("later.id")
						.whereRef("later.key_hash", "=", "taken.key_hash" as never)
						.whereRef("later.source", "=", "taken.source" as never)
						.whereRef("later.version", ">=", "taken.version" as never)
						.where(follows),
				),
			),
		)
		.limit(1)
		.executeTakeFirst();
	return standing !== undefined;
}

/** What supersedes the job's result: of the acquisition linked last, the next one that has a result. */
async function successor(turn: Turn, job: Job): Promise<string | null> {
	const row = await laterResults(turn, job.pipeline)
		.innerJoin("acquisitions as taken", (join) =>
			join
				.onRef("taken.key_hash", "=", "later.key_hash")
				.onRef("taken.source", "=", "later.source")
				.onRef("taken.version", "<=", "later.version"),
		)
		.innerJoin("acquisition_jobs as link", "link.acquisition", "taken.id")
		.select("later_job.result")
		.where("link.job", "=", job.id)
		.where(follows)
		.orderBy("link.seq", "desc")
		.orderBy("later.version")
		.orderBy("later_link.seq")
		.limit(1)
		.executeTakeFirst();
	return row?.result ?? null;
}
