import type { AttemptCause, JobState } from "#domain/job.ts";
import { isLegalTransition, wayToQueue } from "#domain/job-transitions.ts";
import { linkedAcquisitions, lockedJob } from "./held-job.ts";
import { moveJob } from "./job-state.ts";
import type { Turn } from "./turn.ts";

export async function giveUp(
	turn: Turn,
	jobId: string,
	cause: AttemptCause,
): Promise<{ readonly promised: boolean } | undefined> {
	const job = await lockedJob(turn, jobId);
	const waits: readonly JobState[] = ["created", "queued", "failed"];
	const state = waits.find((each) => each === job?.state);
	if (job === undefined || state === undefined) return undefined;
	const way = isLegalTransition(state, "dead") ? [] : wayToQueue(state);
	await moveJob(turn, job, [...way, "dead"], cause.message, { cause: JSON.stringify(cause) });
	for (const acquisition of await linkedAcquisitions(turn, jobId)) turn.conclude(acquisition, "dead", cause.message);
	return { promised: job.promised === 1 };
}
