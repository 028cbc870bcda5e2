import type { AttemptCause, JobState } from "#domain/job.ts";
import { isLegalTransition } from "#domain/job-transitions.ts";
import { forgetEarlyAttempts } from "../forget.ts";
import { linkedAcquisitions, lockedJob } from "../held-job.ts";
import { moveJob } from "../job-state.ts";
import type { JobsTable } from "../schema.ts";
import type { Turn } from "../turn.ts";
import { type Begin, refused, unknown } from "./begun.ts";

/**
 * From this turn on: a hint of it is forgotten, and whoever runs it is fenced out, so that nothing of it is committed. He
 * learns it when he is rung, or looks, and then ends R.
 */
export const cancel: Begin = async (turn, { target, by, why }) => {
	const job = await lockedJob(turn, target.name);
	if (job === undefined) throw unknown(target, "Find it with: watchrabbit list jobs");
	const { id, source, pipeline } = job;
	const state = job.state as JobState;
	const whose = { state: "completed", source, pipeline, job: id } as const;
	if (state === "cancelled") return { ...whose, already: true, message: `job ${id} was cancelled before` };
	if (!isLegalTransition(state, "cancelled")) {
		throw refused(`job ${id} is ${state}: it is over, and there is nothing to cancel`, insteadOf(state, id));
	}
	const cause: AttemptCause = {
		class: "permanent",
		code: "CANCELLED",
		message: `cancelled by ${by}${why === undefined ? "" : `: ${why}`}`,
	};
	if (state === "running") await endRun(turn, job, cause);
	await moveJob(turn, job, ["cancelled"], cause.message, { cause: JSON.stringify(cause), losses: 0 });
	for (const acquisition of await linkedAcquisitions(turn, id)) turn.conclude(acquisition, "cancelled", cause.message);
	const ended = state === "running" ? `; its run at ${job.lease_owner} is ended` : "";
	return { ...whose, message: `job ${id} is cancelled${ended}` };
};

function insteadOf(state: JobState, id: string): string {
	if (state === "completed") return `Its result stays. To have another one: watchrabbit replay ${id}`;
	return `See why with: watchrabbit show ${id}`;
}

/** What it stored is swept when its worker has ended it: who is fenced out strands it once more. */
async function endRun(turn: Turn, job: JobsTable, cause: AttemptCause): Promise<void> {
	await turn.db
		.updateTable("attempts")
		.set({ outcome: "cancelled", ended_at: turn.now, cause: JSON.stringify(cause) })
		.where("job", "=", job.id)
		.where("token", "=", job.token)
		.execute();
	turn.strand(job.id, job.token);
	await forgetEarlyAttempts(turn, job);
}
