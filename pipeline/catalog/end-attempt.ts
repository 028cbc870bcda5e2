import type { AttemptEnd } from "#core/ports/catalog.ts";
import { isCausedByInput, isOvertaken, type JobState } from "#domain/job.ts";
import { forgetEarlyAttempts } from "./forget.ts";
import { heldJob, linkedAcquisitions } from "./held-job.ts";
import { moveJob, tellExecuted } from "./job-state.ts";
import { proseToColumn } from "./name-column.ts";
import { retireJobs } from "./retire-jobs.ts";
import type { JobsTable } from "./schema.ts";
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
	const attempt = await turn.db
		.updateTable("attempts")
		.set({
			outcome,
			cause: causeText,
			log: proseToColumn(end.log),
			ended_at: turn.now,
			seconds: end.seconds,
			run: end.run === undefined ? null : JSON.stringify(end.run),
			worker: end.worker,
		})
		.where("job", "=", job.id)
		.where("token", "=", token)
		.returning("began_at")
		.executeTakeFirstOrThrow();
	// One that ended before its turn came, or with its worker, did not run to its end.
	if (attempt.began_at !== null && outcome !== "lost") tellExecuted(turn, job, outcome, end.seconds);
	turn.strand(job.id, token);
	await forgetEarlyAttempts(turn, job);
	if (againAt === undefined && isCausedByInput(cause) && (await wasLinkedSince(turn, job))) {
		await moveJob(turn, job, ["queued"], `${cause.message}; the same content was seen elsewhere`, { cause: causeText });
		turn.announce(job);
	} else {
		await moveJob(turn, job, [nextState(end)], cause.message, {
			cause: causeText,
			wake_at: againAt ?? null,
			attempts_used: job.attempts_used + (outcome === "failed" ? 1 : 0),
			losses: outcome === "lost" ? job.losses : 0,
			traceparent: end.traceparent ?? job.traceparent,
		});
		await conclude(turn, end);
	}
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

/** Its files may have been moved while the attempt was under way: what was linked then, the attempt did not know. */
async function wasLinkedSince(turn: Turn, { id, token }: JobsTable): Promise<boolean> {
	const link = await turn.db
		.selectFrom("acquisition_jobs as link")
		.innerJoin("attempts", "attempts.job", "link.job")
		.innerJoin("acquisitions", "acquisitions.id", "link.acquisition")
		.select("link.acquisition")
		.where("link.job", "=", id)
		.where("attempts.token", "=", token)
		.whereRef("link.seq", ">", "attempts.seq")
		.where("acquisitions.superseded_by", "is", null)
		.limit(1)
		.executeTakeFirst();
	return link !== undefined;
}

function nextState({ outcome, cause, againAt }: AttemptEnd): JobState {
	if (againAt === undefined) return isOvertaken(cause) ? "superseded" : "dead";
	return outcome === "not-ready" ? "created" : "failed";
}

/** A failure that is tried again is nothing that an acquisition has to hear of. */
async function conclude(turn: Turn, { job, outcome, cause, againAt }: AttemptEnd): Promise<void> {
	if (againAt !== undefined && outcome !== "not-ready") return;
	for (const acquisition of await linkedAcquisitions(turn, job)) {
		if (againAt === undefined) turn.conclude(acquisition, isOvertaken(cause) ? "changed" : "dead", cause.message);
		else turn.conclude(acquisition, "not-ready", cause.message, againAt);
	}
}
