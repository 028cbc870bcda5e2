import { moveJob } from "./job-state.ts";
import { locksRows } from "./row-locks.ts";
import type { Turn } from "./turn.ts";

/**
 * Of the jobs given, those that have not begun, wait, or are dead, and that no current acquisition needs, become
 * superseded: what they were to read is not there any more.
 */
export async function retireJobs(turn: Turn, jobs: readonly string[]): Promise<void> {
	if (jobs.length === 0) return;
	const unneeded = await turn.db
		.selectFrom("jobs")
		.select(["id", "state", "token"])
		.where("id", "in", jobs)
		.where("state", "in", ["created", "validated", "queued", "failed", "dead"])
		.where(({ not, exists, selectFrom }) =>
			not(
				exists(
					selectFrom("acquisition_jobs")
						.innerJoin("acquisitions", "acquisitions.id", "acquisition_jobs.acquisition")
						.select("acquisition_jobs.job")
						.whereRef("acquisition_jobs.job", "=", "jobs.id")
						.where("acquisitions.superseded_by", "is", null),
				),
			),
		)
		.$if(locksRows(turn.db), (query) => query.forUpdate())
		.execute();
	for (const job of unneeded)
		await moveJob(turn, job, ["superseded"], "newer content took the place of its acquisition");
}
