import { fault } from "#core/errors.ts";
import type { JobState } from "./job.ts";

/**
 * The life of a job:
 *
 * `created`: its acquisition was taken, or R said that the acquisition is not ready and it waits to be asked again.
 * `validated`: its plan was held against the configuration. `queued`: a worker may claim it. `running`: one has, under
 * a token and a lease; a lease that is over sends it back to `queued`. It ends `completed`; or it waits as `failed` for
 * its next attempt, and is `dead` after the last one, or when it cannot even be claimed. While it is not over it may be
 * `cancelled` by a person, also while it runs: whoever runs it is fenced out. It is `superseded` when newer content took the place of all its acquisitions: while it has not begun, waits, or
 * is dead, and when a run finds its input changed. So what is dead is what somebody has to look at. What is over is
 * queued again only by a replay, and a superseded one also when its content comes back. A replay after the analysis was
 * changed makes another job, and supersedes the one that is dead or waits.
 */
const next: Readonly<Record<JobState, readonly JobState[]>> = {
	created: ["validated", "cancelled", "superseded"],
	validated: ["queued", "cancelled", "superseded"],
	queued: ["running", "cancelled", "superseded", "dead"],
	running: ["completed", "failed", "created", "queued", "dead", "cancelled", "superseded"],
	failed: ["queued", "cancelled", "superseded"],
	completed: ["queued"],
	dead: ["queued", "superseded"],
	cancelled: ["queued"],
	superseded: ["queued"],
};

export function isLegalTransition(from: JobState, to: JobState): boolean {
	return next[from].includes(to);
}

/** @throws WatchRabbitError JOB_TRANSITION_ILLEGAL (fault) when a step of the way is not allowed */
export function checkTransitions(job: string, from: JobState, way: readonly JobState[]): void {
	let state = from;
	for (const to of way) {
		if (!isLegalTransition(state, to)) {
			throw fault("JOB_TRANSITION_ILLEGAL", `job ${job} cannot go from ${state} to ${to}`, {
				fix: "report this with the output of `watchrabbit show` for the job",
			});
		}
		state = to;
	}
}

/** The way by which a job that waits, or is over, comes back into the queue. */
export function wayToQueue(from: JobState): readonly JobState[] {
	return from === "created" ? ["validated", "queued"] : ["queued"];
}
