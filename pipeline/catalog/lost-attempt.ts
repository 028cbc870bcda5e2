import { moveJob } from "./job-state.ts";
import type { JobsTable } from "./schema.ts";
import type { Turn } from "./turn.ts";

/** The lease of a running job is over: its attempt is lost, which consumes no retry, and it is queued again. */
export async function endLostAttempt(turn: Turn, job: JobsTable): Promise<void> {
	await turn.db
		.updateTable("attempts")
		.set({ outcome: "lost", ended_at: turn.now })
		.where("job", "=", job.id)
		.where("token", "=", job.token)
		.execute();
	turn.strand(job.id, job.token);
	await moveJob(turn, job, ["queued"], `${job.lease_owner} let its lease end`);
}
