import { fault } from "#core/errors.ts";
import type { JobPlan } from "#core/ports/catalog.ts";
import { type AttemptCause, isCausedByInput, type JobState } from "#domain/job.ts";
import { lockedJob } from "./held-job.ts";
import { settingsColumns } from "./job-settings.ts";
import { queueAgain, tellBirth } from "./job-state.ts";
import { paramsHash } from "./param-sets.ts";
import type { JobsTable } from "./schema.ts";
import { judgeAfterLink } from "./supersede.ts";
import type { TakenAcquisition } from "./take-acquisition.ts";
import type { Turn } from "./turn.ts";

type Context = Pick<JobsTable, "source" | "traceparent" | "promised">;
type Taken = Pick<TakenAcquisition, "id" | "name">;

/** Makes the plan's job for the acquisition, or links it to the one that exists. True if it was made. */
export async function takePlan(turn: Turn, acquisition: Taken, plan: JobPlan, context: Context) {
	const job = newJob(turn, acquisition.id, plan, context);
	const { numInsertedOrUpdatedRows } = await turn.db
		.insertInto("jobs")
		.values(job)
		.onConflict((conflict) => conflict.column("id").doNothing())
		.executeTakeFirstOrThrow();
	if (numInsertedOrUpdatedRows === 1n) {
		tellBirth(turn, job.id, `for ${acquisition.name}, ${acquisition.id}`);
		turn.announce(job);
		await link(turn, acquisition.id, job);
		return true;
	}
	const existing = await lockedJob(turn, plan.id);
	if (existing === undefined) throw fault("JOB_LOST", `job ${plan.id} is there and cannot be read`);
	await linkExisting(turn, acquisition, existing, plan, context);
	return false;
}

async function linkExisting(turn: Turn, acquisition: Taken, job: JobsTable, plan: JobPlan, context: Context) {
	const isNew = await link(turn, acquisition.id, job);
	if (isNew) {
		turn.tell(job.id, "linked", `${acquisition.name}, ${acquisition.id}, has the same content`);
		turn.tell(acquisition.id, "linked", `to job ${job.id}, which has the same content and is ${job.state}`);
	}
	await answer(turn, acquisition, job, plan, context);
	if (isNew && job.result !== null) await judgeAfterLink(turn, job, acquisition.id);
}

/** What an arrival does to a job that exists, and what the edge hears at once. Others hear when the job ends. */
async function answer(turn: Turn, acquisition: Taken, job: JobsTable, plan: JobPlan, context: Context): Promise<void> {
	const settings = { ...settingsColumns(plan), attempts_used: 0 };
	const cause = job.cause === null ? undefined : (JSON.parse(job.cause) as AttemptCause);
	switch (job.state as JobState) {
		case "completed":
			return turn.conclude(acquisition.id, "linked", `the same content has result ${job.result}`);
		case "dead":
			if (cause !== undefined && isCausedByInput(cause))
				return queueAgain(turn, job, `${acquisition.name} has its content`, settings);
			return turn.conclude(acquisition.id, "dead", `the same content ended job ${job.id}: ${cause?.message}`);
		case "cancelled":
			return turn.conclude(
				acquisition.id,
				"cancelled",
				`job ${job.id} of the same content was ${cause?.message ?? "cancelled"}`,
			);
		case "superseded":
			return queueAgain(turn, job, `its content came back as ${acquisition.name}`, {
				...settings,
				promised: promisedOf(job, context),
			});
		case "running":
			return linkLater(turn, acquisition.id, job.id);
		case "created":
			return queueAgain(turn, job, `${acquisition.name} settled again`, settingsColumns(plan));
		default:
	}
}

/** What another is promised, or was, goes over to a job that is queued again in its stead, unless that has a result. */
export function promisedOf(job: JobsTable, { promised }: Pick<Context, "promised">): number {
	return job.result === null ? Math.max(job.promised, promised) : 0;
}

/** False if it was linked before, and is the one that the pipeline asked for last. */
async function link(turn: Turn, acquisition: string, { id: job, pipeline }: JobsTable): Promise<boolean> {
	const last = await turn.db
		.selectFrom("acquisition_jobs")
		.select("job")
		.where("acquisition", "=", acquisition)
		.where("pipeline", "=", pipeline)
		.orderBy("seq", "desc")
		.limit(1)
		.executeTakeFirst();
	if (last?.job === job) return false;
	const seq = turn.nextSeq();
	await turn.db
		.insertInto("acquisition_jobs")
		.values({ acquisition, job, pipeline, seq })
		.onConflict((conflict) => conflict.columns(["acquisition", "job"]).doUpdateSet({ seq }))
		.execute();
	return true;
}

/** The run under way may have looked for the content too early: `endAttempt` asks for links that are younger than it. */
async function linkLater(turn: Turn, acquisition: string, job: string): Promise<void> {
	await turn.db
		.updateTable("acquisition_jobs")
		.set({ seq: turn.nextSeq() })
		.where("acquisition", "=", acquisition)
		.where("job", "=", job)
		.execute();
}

/** The row of a plan's job. */
export function newJob(turn: Turn, acquisition: string, plan: JobPlan, context: Context): JobsTable {
	return {
		id: plan.id,
		pipeline: plan.pipeline,
		source: context.source,
		...settingsColumns(plan),
		state: "queued",
		attempts_used: 0,
		losses: 0,
		progress: null,
		promised: context.promised,
		wake_at: null,
		acquisition,
		analysis_file: plan.analysisFile,
		analysis_digest: plan.analysisDigest,
		params: JSON.stringify(plan.params),
		params_hash: paramsHash(plan.params),
		lease_owner: null,
		token: 0,
		result: null,
		cause: null,
		created_at: turn.now,
		updated_at: turn.now,
		traceparent: context.traceparent,
	};
}
