import type { Kysely } from "kysely";
import { fault } from "#core/errors.ts";
import { type AttemptOutcome, finalJobStates, type JobEvent, type JobState } from "#domain/job.ts";
import { checkTransitions, wayToQueue } from "#domain/job-transitions.ts";
import type { JobsTable, Schema } from "./schema.ts";
import type { Turn } from "./turn.ts";

/** What `moveJob` has to know of a job. */
export type MovableJob = Pick<JobsTable, "id" | "state" | "token">;

type Changes = Omit<Partial<JobsTable>, "id" | "state" | "updated_at">;

/**
 * Every change of a job's state goes through here: the way is held against the table of transitions, the row is changed
 * only if it still is as it was read, and each step is told in the job's history. What a state does not have (a wake-up
 * time, a lease) is cleared unless `changes` sets it.
 */
export async function moveJob(
	turn: Turn,
	job: MovableJob,
	way: readonly JobState[],
	detail: string,
	changes: Changes = {},
): Promise<void> {
	const to = way.at(-1);
	if (to === undefined) throw fault("JOB_TRANSITION_ILLEGAL", `job ${job.id} was to go nowhere from ${job.state}`);
	checkTransitions(job.id, job.state as JobState, way);
	const { numUpdatedRows } = await turn.db
		.updateTable("jobs")
		.set({ wake_at: null, lease_owner: null, ...ending(to), ...changes, state: to, updated_at: turn.now })
		.where("id", "=", job.id)
		.where("state", "=", job.state)
		.where("token", "=", job.token)
		.executeTakeFirst();
	if (numUpdatedRows !== 1n) throw movedByTwo([job.id]);
	tellWay(turn, job.id, way, detail);
}

/** Its end counts once. */
function ending(state: JobState): Changes {
	return (finalJobStates as readonly JobState[]).includes(state) ? { promised: 0 } : {};
}

/** One step of a job, which goes with those of others. */
export interface Step {
	readonly turn: Turn;
	readonly job: MovableJob;
	readonly detail: string;
}

/**
 * As `moveJob`, of many that are queued and in hand, and whose attempts are written: each runs under the token of its own.
 * Their state is not asked for again: the server might look through all that are in it.
 */
export async function runJobs(db: Kysely<Schema>, steps: readonly Step[], leaseMs: number): Promise<void> {
	const { numUpdatedRows } = await db
		.updateTable("jobs")
		.from("attempts")
		.set((eb) => ({
			state: "running",
			token: eb.ref("attempts.token"),
			lease_owner: eb.ref("attempts.worker"),
			wake_at: eb("attempts.started_at", "+", leaseMs),
			updated_at: eb.ref("attempts.started_at"),
		}))
		.whereRef("attempts.job", "=", "jobs.id")
		.whereRef("attempts.token", "=", (eb) => eb("jobs.token", "+", 1))
		.where("jobs.id", "in", idsOf(steps))
		.executeTakeFirst();
	tellSteps(steps, "running", numUpdatedRows);
}

/** As `moveJob`, of many that run, under the tokens that their results are written with. */
export async function completeJobs(db: Kysely<Schema>, steps: readonly Step[]): Promise<void> {
	const { numUpdatedRows } = await db
		.updateTable("jobs")
		.from("results")
		.set((eb) => ({
			state: "completed",
			result: eb.ref("results.id"),
			cause: null,
			attempts_used: eb("jobs.attempts_used", "+", 1),
			losses: 0,
			promised: 0,
			wake_at: null,
			lease_owner: null,
			updated_at: eb.ref("results.completed_at"),
		}))
		.whereRef("results.job", "=", "jobs.id")
		.whereRef("results.token", "=", "jobs.token")
		.where("jobs.id", "in", idsOf(steps))
		.executeTakeFirst();
	tellSteps(steps, "completed", numUpdatedRows);
}

function idsOf(steps: readonly Step[]): string[] {
	return steps.map(({ job }) => job.id);
}

function tellSteps(steps: readonly Step[], to: JobState, moved: bigint): void {
	if (moved !== BigInt(steps.length)) throw movedByTwo(idsOf(steps));
	for (const { turn, job, detail } of steps) {
		checkTransitions(job.id, job.state as JobState, [to]);
		turn.tell(job.id, to, detail);
	}
}

function movedByTwo(jobs: readonly string[]): Error {
	return fault("JOB_MOVED", `changed by two at a time: job ${jobs.join(", ")}`);
}

/** A job that waits, or is over, goes back into the queue, and into the outbox. */
export async function queueAgain(turn: Turn, job: JobsTable, detail: string, changes: Changes = {}): Promise<void> {
	await moveJob(turn, job, wayToQueue(job.state as JobState), detail, changes);
	turn.announce({ ...job, ...placeOf(changes) });
}

function placeOf({ pool, priority }: Changes): Partial<Pick<JobsTable, "pool" | "priority">> {
	return { ...(pool === undefined ? {} : { pool }), ...(priority === undefined ? {} : { priority }) };
}

/** A new job is born queued; its row is written by the caller. */
export function tellBirth(turn: Turn, id: string, detail: string): JobState {
	const way = ["validated", "queued"] as const;
	checkTransitions(id, "created", way);
	tellWay(turn, id, ["created", ...way], detail);
	return "queued";
}

/** R has run to its end, whatever it came to: what becomes of the job is told next. */
export function tellExecuted(turn: Turn, { id, token }: MovableJob, outcome: AttemptOutcome, seconds: number): void {
	const event: JobEvent = "executed";
	turn.tell(id, event, `attempt ${token}: ${outcome} after ${seconds.toFixed(2)} s`);
}

/** The detail belongs to the last step. */
function tellWay(turn: Turn, id: string, way: readonly JobState[], detail: string): void {
	way.forEach((state, i) => {
		turn.tell(id, state, i === way.length - 1 ? detail : "");
	});
}
