import { type Kysely, sql } from "kysely";
import type { UnfinishedJobs } from "#core/ports/catalog.ts";
import type { Scope } from "#domain/access.ts";
import { type JobState, jobStates, unfinishedJobStates } from "#domain/job.ts";
import { locksRows } from "./row-locks.ts";
import type { Schema } from "./schema.ts";
import { ofSeenPipeline } from "./scoped.ts";

/** Kept by triggers, where rows are not locked one by one: no part of what the catalog holds, but of how it is counted. */
interface Counted extends Schema {
	readonly job_counts: {
		readonly state: string;
		readonly pool: string;
		readonly pipeline: string;
		readonly jobs: number;
	};
}

export function counted(db: Kysely<Schema>): Kysely<Counted> | undefined {
	return locksRows(db) ? undefined : (db as Kysely<unknown> as Kysely<Counted>);
}

export async function countJobs(db: Kysely<Schema>, scope: Scope): Promise<Readonly<Record<JobState, number>>> {
	const kept = counted(db)
		?.selectFrom("job_counts")
		.select(["state", (eb) => eb.fn.sum<number>("jobs").as("count")])
		.where(ofSeenPipeline(scope, "pipeline"))
		.groupBy("state");
	const asked = db
		.selectFrom("jobs")
		.select(["state", (eb) => eb.fn.countAll<number>().as("count")])
		.where(ofSeenPipeline(scope, "pipeline"))
		.groupBy("state");
	const rows = await (kept ?? asked).execute();
	const counts = new Map(rows.map(({ state, count }) => [state, count]));
	return Object.fromEntries(jobStates.map((state) => [state, counts.get(state) ?? 0])) as Record<JobState, number>;
}

/** As the index `jobs_unfinished` has it: as literals, by which the database knows that it may be used. */
const areUnfinished = sql<boolean>`jobs.state IN (${sql.join(unfinishedJobStates.map((state) => sql.lit(state)))})`;

export async function countUnfinished(db: Kysely<Schema>, scope: Scope): Promise<readonly UnfinishedJobs[]> {
	const kept = counted(db)
		?.selectFrom("job_counts as counted")
		.select(["counted.pool", "counted.state", "counted.pipeline", "counted.jobs as count"])
		.select(({ selectFrom }) =>
			selectFrom("jobs")
				.select((eb) => eb.fn.min("jobs.updated_at").as("since"))
				.where(areUnfinished)
				.whereRef("jobs.state", "=", "counted.state")
				.whereRef("jobs.pool", "=", "counted.pool")
				.whereRef("jobs.pipeline", "=", "counted.pipeline")
				.as("since"),
		)
		.where("counted.state", "in", unfinishedJobStates)
		.where("counted.jobs", ">", 0)
		.where(ofSeenPipeline(scope, "counted.pipeline"))
		.$castTo<UnfinishedJobs>();
	const asked = db
		.selectFrom("jobs")
		.select(["pool", "state", "pipeline"])
		.select((eb) => [eb.fn.countAll<number>().as("count"), eb.fn.min("updated_at").as("since")])
		.where(areUnfinished)
		.where(ofSeenPipeline(scope, "pipeline"))
		.groupBy(["state", "pool", "pipeline"])
		.$castTo<UnfinishedJobs>();
	return await (kept ?? asked).execute();
}
