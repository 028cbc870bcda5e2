import type { AttemptCause, JobState } from "#domain/job.ts";
import { isLegalTransition, wayToQueue } from "#domain/job-transitions.ts";
import { linkedAcquisitions } from "./held-job.ts";
import { moveJob } from "./job-state.ts";
import { locksRows } from "./row-locks.ts";
import type { Turn } from "./turn.ts";

export async function giveUp(turn: Turn, jobId: string, cause: AttemptCause): Promise<boolean> {
	const job = await turn.db
		.selectFrom("jobs")
		.select(["id", "state", "token"])
		.where("id", "=", jobId)
		.$if(locksRows(turn.db), (query) => query.forUpdate())
		.executeTakeFirst();
	const waits: readonly JobState[] = ["created", "queued", "failed"];
	const state = waits.find((each) => each === job?.state);
	if (job === undefined || state === undefined) return false;
	const way = isLegalTransition(state, "dead") ? [] : wayToQueue(state);
	await moveJob(turn, job, [...way, "dead"], cause.message, { cause: JSON.stringify(cause) });
	for (const acquisition of await linkedAcquisitions(turn, jobId)) turn.conclude(acquisition, "dead", cause.message);
	return true;
}
