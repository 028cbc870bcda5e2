import { fault } from "#core/errors.ts";
import type { AttemptOutcome, JobEvent, JobState } from "#domain/job.ts";
import { checkTransitions, wayToQueue } from "#domain/job-transitions.ts";
import type { JobsTable } from "./schema.ts";
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
		.set({ wake_at: null, lease_owner: null, ...changes, state: to, updated_at: turn.now })
		.where("id", "=", job.id)
		.where("state", "=", job.state)
		.where("token", "=", job.token)
		.executeTakeFirst();
	if (numUpdatedRows !== 1n) throw fault("JOB_MOVED", `job ${job.id} was changed by two at a time`);
	tellWay(turn, job.id, way, detail);
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
