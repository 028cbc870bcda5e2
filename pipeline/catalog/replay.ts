import { queueAgain } from "./job-state.ts";
import type { Turn } from "./turn.ts";

export async function replay(turn: Turn, jobId: string, by: string): Promise<"queued" | "already" | "unknown"> {
	const job = await turn.db.selectFrom("jobs").selectAll().where("id", "=", jobId).executeTakeFirst();
	if (job === undefined) return "unknown";
	if (job.state === "queued" || job.state === "running") return "already";
	await queueAgain(turn, job, `replayed by ${by}`, { attempts_used: 0, cause: null });
	return "queued";
}
