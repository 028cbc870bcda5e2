import type { LostAttempt } from "#core/ports/catalog.ts";
import { withSampled } from "#core/trace.ts";
import { type AttemptCause, mostLosses } from "#domain/job.ts";
import { forgetEarlyAttempts } from "./forget.ts";
import { linkedAcquisitions } from "./held-job.ts";
import { moveJob } from "./job-state.ts";
import { nameFromColumn } from "./name-column.ts";
import type { JobsTable } from "./schema.ts";
import type { Turn } from "./turn.ts";

/**
 * The lease of a running job is over: its attempt is lost, which consumes no retry, and it is queued again. One that was
 * lost too often in a row while its analysis ran is dead. Of a trace in which that happened all that comes is kept.
 */
export async function endLostAttempt(turn: Turn, job: JobsTable): Promise<LostAttempt> {
	const attempt = await turn.db
		.updateTable("attempts")
		.set({ outcome: "lost", ended_at: turn.now })
		.where("job", "=", job.id)
		.where("token", "=", job.token)
		.returning(["number", "started_at", "began_at", "worker"])
		.executeTakeFirstOrThrow();
	turn.strand(job.id, job.token);
	await forgetEarlyAttempts(turn, job);
	const losses = job.losses + (attempt.began_at === null ? 0 : 1);
	const isDead = losses >= mostLosses;
	const cause = workerLost(attempt.worker, isDead);
	const { traceparent } = withSampled(job, true);
	if (isDead) {
		await moveJob(turn, job, ["dead"], cause.message, { losses: 0, cause: JSON.stringify(cause), traceparent });
		for (const acquisition of await linkedAcquisitions(turn, job.id)) turn.conclude(acquisition, "dead", cause.message);
	} else await moveJob(turn, job, ["queued"], cause.message, { losses, traceparent });
	return {
		job: job.id,
		token: job.token,
		pipeline: job.pipeline,
		pool: job.pool,
		source: job.source,
		key: await keyOf(turn, job),
		traceparent,
		attempt: attempt.number,
		worker: attempt.worker,
		startedAt: attempt.started_at,
		endedAt: turn.now,
		isDead,
		promised: job.promised === 1,
		cause,
	};
}

async function keyOf(turn: Turn, { acquisition }: JobsTable): Promise<LostAttempt["key"]> {
	const { key } = await turn.db
		.selectFrom("acquisitions")
		.select("key")
		.where("id", "=", acquisition)
		.executeTakeFirstOrThrow();
	return nameFromColumn(key);
}

function workerLost(worker: string, isDead: boolean): AttemptCause {
	const code = "WORKER_LOST";
	if (!isDead) return { class: "transient", code, message: `${worker} let its lease end` };
	return {
		class: "permanent",
		code,
		message: `${mostLosses} workers in a row were lost while they ran it, the last one ${worker}`,
		fix: "See whether the analysis of this input is what ends the whole process (memory, a full disk); then replay the job.",
	};
}
