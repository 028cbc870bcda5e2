import type { Kysely } from "kysely";
import { fault } from "#core/errors.ts";
import type { Claim, ClaimedInput, JobPlan, LostAttempt } from "#core/ports/catalog.ts";
import type { Member } from "#domain/acquisition.ts";
import type { JobState } from "#domain/job.ts";
import { wayToQueue } from "#domain/job-transitions.ts";
import { asAcquisition, membersOf } from "./acquisition-rows.ts";
import type { Beside } from "./beside.ts";
import { type ClaimableJob, claimableJob, freeJobs } from "./held-job.ts";
import { insertRows } from "./insert-rows.ts";
import { moveJob, runJobs, type Step } from "./job-state.ts";
import { endLostAttempt } from "./lost-attempt.ts";
import { nameFromColumn } from "./name-column.ts";
import { retireJobs } from "./retire-jobs.ts";
import type { AcquisitionsTable, AttemptsTable, JobsTable, Schema } from "./schema.ts";
import { Turn, type Writing } from "./turn.ts";
import type { Turns } from "./turns.ts";

/** Copies without number may have the same content (empty files have): so many places are enough to look at. */
const mostInputs = 20;

interface Claimant {
	readonly jobId: string;
	readonly owner: string;
	readonly leaseMs: number;
	readonly now: number;
}

/** A job that nobody has in hand is claimed beside the turns. A hint of one that somebody has waits: it may be free then. */
export async function claim(beside: Beside, turns: Turns, claimant: Claimant): Promise<Claim> {
	const claimed = await beside.take(claimFree, claimant);
	return claimed ?? (await turns.take(claimant.now, (turn) => claimInTurn(turn, claimant)));
}

/**
 * Undefined: somebody else has the job in hand, there is none, or there is more to it than to take one that is queued,
 * and others are to be told of it.
 */
async function claimFree(writing: Writing, claimants: readonly Claimant[]): Promise<(Claim | undefined)[]> {
	const free = await freeJobs(writing.trx, [...new Set(claimants.map(({ jobId }) => jobId))]);
	const takings: Taking[] = [];
	const answers = claimants.map((claimant): Claim | undefined | Taking => {
		const { jobId, now } = claimant;
		const job = free.get(jobId);
		if (job === undefined) return undefined;
		const why = whyNot(job, now);
		if (why !== undefined) return { kind: "forget", why };
		if (job.state !== "queued") return undefined;
		free.delete(jobId);
		const taking = { turn: new Turn(writing, now), job, claimant };
		takings.push(taking);
		return taking;
	});
	const claimed = await take(writing.trx, takings);
	return answers.map((answer) => (answer !== undefined && "turn" in answer ? claimed.get(answer) : answer));
}

async function claimInTurn(turn: Turn, claimant: Claimant): Promise<Claim> {
	const { jobId } = claimant;
	const job = await claimableJob(turn, jobId);
	if (job === undefined) return { kind: "unknown", why: `the catalog knows no job ${jobId}` };
	const why = whyNot(job, turn.now);
	if (why !== undefined) return { kind: "forget", why };
	const state = job.state as JobState;
	let lost: LostAttempt | undefined;
	if (state === "running") {
		lost = await endLostAttempt(turn, job);
		if (lost.isDead) {
			await retireJobs(turn, [job.id]);
			return { kind: "forget", why: "it is dead", lost };
		}
	} else if (state !== "queued") await moveJob(turn, job, wayToQueue(state), "");
	const { traceparent } = lost ?? job;
	const queued = { ...job, state: "queued", updated_at: job.wake_at ?? job.updated_at, traceparent };
	const taking = { turn, job: queued, claimant };
	const claimed = (await take(turn.db, [taking])).get(taking) as Taken;
	return lost === undefined ? claimed : { ...claimed, lost };
}

/** A job that is queued by now, and for whom. */
interface Taking {
	readonly turn: Turn;
	readonly job: JobsTable;
	readonly claimant: Claimant;
}

type Taken = Extract<Claim, { readonly kind: "claimed" }>;

async function take(db: Kysely<Schema>, takings: readonly Taking[]): Promise<Map<Taking, Taken>> {
	if (takings.length === 0) return new Map();
	await insertRows(db, "attempts", takings.map(attemptOf));
	for (const [leaseMs, some] of Map.groupBy(takings, ({ claimant }) => claimant.leaseMs)) {
		await runJobs(db, some.map(stepOf), leaseMs);
	}
	const inputs = await inputsOf(
		db,
		takings.map(({ job }) => job.id),
	);
	return new Map(takings.map((taking) => [taking, claimOf(taking, inputs.get(taking.job.id) ?? [])]));
}

function stepOf({ turn, job, claimant }: Taking): Step {
	const attempt = job.attempts_used + 1;
	return { turn, job, detail: `attempt ${attempt} of ${job.attempts_allowed} by ${claimant.owner}` };
}

function attemptOf({ turn, job, claimant }: Taking): AttemptsTable {
	return {
		job: job.id,
		token: job.token + 1,
		seq: turn.nextSeq(),
		number: job.attempts_used + 1,
		worker: claimant.owner,
		started_at: turn.now,
		began_at: null,
		ended_at: null,
		outcome: null,
		cause: null,
		log: null,
		seconds: null,
		run: null,
	};
}

function claimOf({ job }: Taking, [newest, ...others]: readonly ClaimedInput[]): Taken {
	if (newest === undefined) throw fault("JOB_OF_NOTHING", `no acquisition is linked to job ${job.id}`);
	const [token, attempt, inputs] = [job.token + 1, job.attempts_used + 1, [newest, ...others] as const];
	const { id, updated_at: queuedAt, traceparent } = job;
	const promised = job.promised === 1;
	return { kind: "claimed", job: { id, token, attempt, queuedAt, promised, plan: planOf(job), inputs, traceparent } };
}

/** A job that is held back and whose lease is over is queued by `wake`, and announced when it is resumed. */
function whyNot({ state, wake_at, lease_owner, held_back }: ClaimableJob, now: number): string | undefined {
	if (held_back !== null) return held_back;
	if (state === "queued") return undefined;
	const itsTimeHasCome = wake_at !== null && wake_at <= now;
	if (state === "running") return itsTimeHasCome ? undefined : `${lease_owner} runs it`;
	if (state === "failed" || state === "created") return itsTimeHasCome ? undefined : "it waits for its next attempt";
	return `it is ${state}`;
}

/** By their jobs; the current ones, and of jobs that have none those that are not. */
async function inputsOf(db: Kysely<Schema>, jobs: readonly string[]): Promise<Map<string, ClaimedInput[]>> {
	const current = await linked(db, jobs, true);
	const found = new Set(current.map(({ job }) => job));
	const others = jobs.filter((job) => !found.has(job));
	const taken = [...current, ...(others.length === 0 ? [] : await linked(db, others, false))];
	const members = await membersOf(
		db,
		taken.map(({ id }) => id),
	);
	const inputs = Map.groupBy(taken, ({ job }) => job);
	return new Map([...inputs].map(([job, rows]) => [job, rows.map((row) => asInput(row, members.get(row.id) ?? []))]));
}

/**
 * The newest links of each job, of those to current acquisitions or of all. A link has its acquisition; the join is a
 * left one so that no server goes through all current acquisitions for those that are linked.
 */
function linked(db: Kysely<Schema>, jobs: readonly string[], current: boolean) {
	return db
		.selectFrom("acquisition_jobs as link")
		.leftJoin("acquisitions", "acquisitions.id", "link.acquisition")
		.selectAll("acquisitions")
		.select("link.job")
		.$castTo<AcquisitionsTable & { readonly job: string }>()
		.where("link.job", "in", jobs)
		.$if(current, (query) => query.where("acquisitions.superseded_by", "is", null))
		.where("link.seq", ">=", ({ fn, lit, selectFrom }) =>
			fn.coalesce(
				selectFrom("acquisition_jobs as counted")
					.innerJoin("acquisitions as taken", "taken.id", "counted.acquisition")
					.select("counted.seq")
					.whereRef("counted.job", "=", "link.job")
					.$if(current, (query) => query.where("taken.superseded_by", "is", null))
					.orderBy("counted.seq", "desc")
					.limit(1)
					.offset(mostInputs - 1),
				lit(0),
			),
		)
		.orderBy("link.seq", "desc")
		.execute();
}

function asInput(row: AcquisitionsTable, members: readonly Member[]): ClaimedInput {
	return { acquisition: { ...asAcquisition(row, members), id: row.id }, root: nameFromColumn(row.root) };
}

function planOf(job: JobsTable): JobPlan {
	return {
		id: job.id,
		pipeline: job.pipeline,
		pool: job.pool,
		priority: job.priority,
		analysisFile: job.analysis_file,
		analysisDigest: job.analysis_digest,
		params: JSON.parse(job.params),
		timeoutMs: job.timeout_ms,
		retry: { attempts: job.attempts_allowed, backoffMs: job.backoff_ms, maxBackoffMs: job.max_backoff_ms },
	};
}
