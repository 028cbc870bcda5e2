import type { JobPlan } from "#core/ports/catalog.ts";
import type { JobState } from "#domain/job.ts";
import { isLegalTransition } from "#domain/job-transitions.ts";
import { displayPath } from "#domain/path.ts";
import { lockedJob } from "./held-job.ts";
import { settingsColumns } from "./job-settings.ts";
import { moveJob, queueAgain } from "./job-state.ts";
import { nameFromColumn } from "./name-column.ts";
import type { JobsTable } from "./schema.ts";
import { promisedOf, takePlan } from "./take-plan.ts";
import type { Turn } from "./turn.ts";

type Replayed = "queued" | "already" | "unknown";

export async function replay(turn: Turn, id: string, by: string, plan: JobPlan | undefined): Promise<Replayed> {
	const job = await lockedJob(turn, id);
	if (job === undefined) return "unknown";
	if (plan !== undefined && plan.id !== id) return await replace(turn, job, plan, by);
	return await runAgain(turn, job, by, plan, job);
}

/** `of`: what was to be replayed. */
async function runAgain(
	turn: Turn,
	job: JobsTable,
	by: string,
	plan: JobPlan | undefined,
	of: JobsTable,
): Promise<Replayed> {
	if (job.state === "queued" || job.state === "running") return "already";
	await queueAgain(turn, job, `replayed by ${by}`, {
		...(plan === undefined ? {} : settingsColumns(plan)),
		attempts_used: 0,
		promised: promisedOf(job, of),
		cause: null,
	});
	return "queued";
}

/** The analysis or its parameters are others by now, and so is the job: what the old one was for is the new one's. */
async function replace(turn: Turn, old: JobsTable, plan: JobPlan, by: string): Promise<Replayed> {
	if (old.state === "running") return "already";
	const known = await lockedJob(turn, plan.id);
	const outcome =
		known === undefined
			? "queued"
			: known.state === "completed"
				? "already"
				: await runAgain(turn, known, by, plan, old);
	for (const acquisition of await acquisitionsOf(turn, old.id)) await takePlan(turn, acquisition, plan, old);
	if (isLegalTransition(old.state as JobState, "superseded")) {
		await moveJob(turn, old, ["superseded"], `replayed by ${by} with another analysis, as job ${plan.id}`);
	}
	return outcome;
}

async function acquisitionsOf(turn: Turn, job: string) {
	const rows = await turn.db
		.selectFrom("acquisition_jobs as link")
		.innerJoin("acquisitions", "acquisitions.id", "link.acquisition")
		.select(["acquisitions.id", "acquisitions.key"])
		.where("link.job", "=", job)
		.orderBy("link.seq")
		.execute();
	return rows.map(({ id, key }) => ({ id, name: displayPath(nameFromColumn(key)) }));
}
