import { fault } from "#core/errors.ts";
import type { Claim, ClaimedInput, ClaimedJob, JobPlan } from "#core/ports/catalog.ts";
import type { Member } from "#domain/acquisition.ts";
import type { JobState } from "#domain/job.ts";
import { wayToQueue } from "#domain/job-transitions.ts";
import { asAcquisition, membersOf } from "./acquisition-rows.ts";
import type { Beside } from "./beside.ts";
import { lockedJob } from "./held-job.ts";
import { insertRows } from "./insert-rows.ts";
import { moveJob } from "./job-state.ts";
import { endLostAttempt } from "./lost-attempt.ts";
import { nameFromColumn } from "./name-column.ts";
import { retireJobs } from "./retire-jobs.ts";
import type { AcquisitionsTable, JobsTable } from "./schema.ts";
import type { Turn } from "./turn.ts";
import type { Turns } from "./turns.ts";

/** Copies without number may have the same content (empty files have): so many places are enough to look at. */
const mostInputs = 20;

interface Claimant {
	readonly owner: string;
	readonly leaseMs: number;
	readonly now: number;
}

/** A job that nobody has in hand is claimed beside the turns. A hint of one that somebody has waits: it may be free then. */
export async function claim(beside: Beside, turns: Turns, jobId: string, claimant: Claimant): Promise<Claim> {
	const { now } = claimant;
	const claimed = await beside.take(now, jobId, (turn, job) => claimBeside(turn, job, claimant));
	return claimed ?? (await turns.take(now, (turn) => claimInTurn(turn, jobId, claimant)));
}

/** Undefined: there is more to it than to take one that is queued, and others are to be told of it. */
async function claimBeside(turn: Turn, job: JobsTable, claimant: Claimant): Promise<Claim | undefined> {
	const why = whyNot(job, turn.now);
	if (why !== undefined) return { kind: "forget", why };
	return job.state === "queued" ? await take(turn, job, claimant) : undefined;
}

async function claimInTurn(turn: Turn, jobId: string, claimant: Claimant): Promise<Claim> {
	const job = await lockedJob(turn, jobId);
	if (job === undefined) return { kind: "unknown", why: `the catalog knows no job ${jobId}` };
	const why = whyNot(job, turn.now);
	return why === undefined ? await take(turn, job, claimant) : { kind: "forget", why };
}

async function take(turn: Turn, job: JobsTable, { owner, leaseMs }: Claimant): Promise<Claim> {
	const token = job.token + 1;
	const attempt = job.attempts_used + 1;
	const changes = { token, lease_owner: owner, wake_at: turn.now + leaseMs };
	const detail = `attempt ${attempt} of ${job.attempts_allowed} by ${owner}`;
	const state = job.state as JobState;
	if (state === "running") {
		if ((await endLostAttempt(turn, job)) === "dead") {
			await retireJobs(turn, [job.id]);
			return { kind: "forget", why: "it is dead" };
		}
		await moveJob(turn, { ...job, state: "queued" }, ["running"], detail, changes);
	} else {
		await moveJob(turn, job, state === "queued" ? ["running"] : [...wayToQueue(state), "running"], detail, changes);
	}
	await insertRows(turn.db, "attempts", [
		{
			job: job.id,
			token,
			seq: turn.nextSeq(),
			number: attempt,
			worker: owner,
			started_at: turn.now,
			began_at: null,
			ended_at: null,
			outcome: null,
			cause: null,
			log: null,
			seconds: null,
		},
	]);
	return { kind: "claimed", job: await claimedJob(turn, job, token, attempt) };
}

function whyNot({ state, wake_at, lease_owner }: JobsTable, now: number): string | undefined {
	if (state === "queued") return undefined;
	const itsTimeHasCome = wake_at !== null && wake_at <= now;
	if (state === "running") return itsTimeHasCome ? undefined : `${lease_owner} runs it`;
	if (state === "failed" || state === "created") return itsTimeHasCome ? undefined : "it waits for its next attempt";
	return `it is ${state}`;
}

async function claimedJob(turn: Turn, job: JobsTable, token: number, attempt: number): Promise<ClaimedJob> {
	return {
		id: job.id,
		token,
		attempt,
		plan: planOf(job),
		inputs: await inputsOf(turn, job),
		traceparent: job.traceparent,
	};
}

async function inputsOf(turn: Turn, job: JobsTable): Promise<ClaimedJob["inputs"]> {
	const current = await linked(turn, job).where("acquisitions.superseded_by", "is", null).execute();
	const taken = current.length > 0 ? current : await linked(turn, job).execute();
	const members = await membersOf(
		turn.db,
		taken.map(({ id }) => id),
	);
	const [newest, ...others] = taken.map((row) => asInput(row, members.get(row.id) ?? []));
	if (newest === undefined) throw fault("JOB_OF_NOTHING", `no acquisition is linked to job ${job.id}`);
	return [newest, ...others];
}

function linked(turn: Turn, { id }: JobsTable) {
	return turn.db
		.selectFrom("acquisition_jobs as link")
		.innerJoin("acquisitions", "acquisitions.id", "link.acquisition")
		.selectAll("acquisitions")
		.where("link.job", "=", id)
		.orderBy("link.seq", "desc")
		.limit(mostInputs);
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
