import { type AttemptCause, mostLosses } from "#domain/job.ts";
import { forgetEarlyAttempts } from "./forget.ts";
import { linkedAcquisitions } from "./held-job.ts";
import { moveJob } from "./job-state.ts";
import type { JobsTable } from "./schema.ts";
import type { Turn } from "./turn.ts";

/**
 * The lease of a running job is over: its attempt is lost, which consumes no retry, and it is queued again. One that was
 * lost too often in a row while its analysis ran is dead.
 */
export async function endLostAttempt(turn: Turn, job: JobsTable): Promise<"queued" | "dead"> {
	const attempt = await turn.db
		.updateTable("attempts")
		.set({ outcome: "lost", ended_at: turn.now })
		.where("job", "=", job.id)
		.where("token", "=", job.token)
		.returning("began_at")
		.executeTakeFirst();
	turn.strand(job.id, job.token);
	await forgetEarlyAttempts(turn, job);
	const began = attempt !== undefined && attempt.began_at !== null;
	const losses = job.losses + (began ? 1 : 0);
	if (losses < mostLosses) {
		await moveJob(turn, job, ["queued"], `${job.lease_owner} let its lease end`, { losses });
		return "queued";
	}
	const cause = workerLost(job);
	await moveJob(turn, job, ["dead"], cause.message, { losses: 0, cause: JSON.stringify(cause) });
	for (const acquisition of await linkedAcquisitions(turn, job.id)) turn.conclude(acquisition, "dead", cause.message);
	return "dead";
}

function workerLost({ lease_owner }: JobsTable): AttemptCause {
	return {
		class: "permanent",
		code: "WORKER_LOST",
		message: `${mostLosses} workers in a row were lost while they ran it, the last one ${lease_owner}`,
		fix: "See whether the analysis of this input is what ends the whole process (memory, a full disk); then replay the job.",
	};
}
