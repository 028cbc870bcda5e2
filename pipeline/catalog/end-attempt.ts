import type { AttemptEnd } from "#core/ports/catalog.ts";
import type { JobState } from "#domain/job.ts";
import { heldJob, linkedAcquisitions } from "./held-job.ts";
import { moveJob } from "./job-state.ts";
import { proseToColumn } from "./name-column.ts";
import { retireJobs } from "./retire-jobs.ts";
import { strandFencedOut } from "./strays.ts";
import type { Turn } from "./turn.ts";

export async function endAttempt(turn: Turn, end: AttemptEnd): Promise<boolean> {
	const { token, outcome, cause, againAt } = end;
	const job = await heldJob(turn, end.job, token);
	if (job === undefined) {
		const ended = await isEnded(turn, end);
		if (!ended) await strandFencedOut(turn, end.job, token);
		return ended;
	}
	const causeText = JSON.stringify(cause);
	await turn.db
		.updateTable("attempts")
		.set({
			outcome,
			cause: causeText,
			log: proseToColumn(end.log),
			ended_at: turn.now,
			seconds: end.seconds,
			worker: end.worker,
		})
		.where("job", "=", job.id)
		.where("token", "=", token)
		.execute();
	await moveJob(turn, job, [nextState(end)], cause.message, {
		cause: causeText,
		wake_at: againAt ?? null,
		attempts_used: job.attempts_used + (outcome === "failed" ? 1 : 0),
	});
	turn.strand(job.id, token);
	await conclude(turn, end);
	await retireJobs(turn, [job.id]);
	return true;
}

/** The same call made again, because the answer to the first was lost, gets the same answer. */
async function isEnded(turn: Turn, { job, token, outcome, worker }: AttemptEnd): Promise<boolean> {
	const ended = await turn.db
		.selectFrom("attempts")
		.select("token")
		.where("job", "=", job)
		.where("token", "=", token)
		.where("outcome", "=", outcome)
		.where("worker", "=", worker)
		.where("cause", "is not", null)
		.executeTakeFirst();
	return ended !== undefined;
}

function nextState({ outcome, againAt }: AttemptEnd): JobState {
	if (againAt === undefined) return "dead";
	return outcome === "not-ready" ? "created" : "failed";
}

/** A failure that is tried again is nothing that an acquisition has to hear of. */
async function conclude(turn: Turn, { job, outcome, cause, againAt }: AttemptEnd): Promise<void> {
	if (againAt !== undefined && outcome !== "not-ready") return;
	for (const acquisition of await linkedAcquisitions(turn, job)) {
		if (againAt === undefined) turn.conclude(acquisition, "dead", cause.message);
		else turn.conclude(acquisition, "not-ready", cause.message, againAt);
	}
}
