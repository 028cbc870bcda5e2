import { type Kysely, sql } from "kysely";
import type { UnfinishedJobs } from "#core/ports/catalog.ts";
import { type JobState, jobStates, unfinishedJobStates } from "#domain/job.ts";
import { locksRows } from "./row-locks.ts";
import type { Schema } from "./schema.ts";

/** Kept by triggers, where rows are not locked one by one: no part of what the catalog holds, but of how it is counted. */
interface Counted extends Schema {
	readonly job_counts: {
		readonly state: string;
		readonly pool: string;
		readonly pipeline: string;
		readonly jobs: number;
	};
}

function counted(db: Kysely<Schema>): Kysely<Counted> | undefined {
	return locksRows(db) ? undefined : (db as Kysely<unknown> as Kysely<Counted>);
}

export async function countJobs(db: Kysely<Schema>): Promise<Readonly<Record<JobState, number>>> {
	const kept = counted(db)
		?.selectFrom("job_counts")
		.select(["state", (eb) => eb.fn.sum<number>("jobs").as("count")])
		.groupBy("state");
	const asked = db
		.selectFrom("jobs")
		.select(["state", (eb) => eb.fn.countAll<number>().as("count")])
		.groupBy("state");
	const rows = await (kept ?? asked).execute();
	const counts = new Map(rows.map(({ state, count }) => [state, count]));
	return Object.fromEntries(jobStates.map((state) => [state, counts.get(state) ?? 0])) as Record<JobState, number>;
}

/** In one statement: what goes from one of these to another while it is counted is in one of them. */
export async function pending(db: Kysely<Schema>, exceptPools: readonly string[] = []) {
	return await db
		.selectNoFrom((eb) => [
			unfinished(db, exceptPools).as("jobs"),
			eb
				.selectFrom("waiting")
				.select(eb.fn.countAll<number>().as("count"))
				.where("passed", "=", 0)
				.$asScalar()
				.$notNull()
				.as("waiting"),
			eb
				.selectFrom("outbox")
				.select(eb.fn.countAll<number>().as("count"))
				.$if(exceptPools.length > 0, (query) => query.where("pool", "not in", exceptPools))
				.$asScalar()
				.$notNull()
				.as("outbox"),
			eb.selectFrom("strays").select(eb.fn.countAll<number>().as("count")).$asScalar().$notNull().as("strays"),
		])
		.executeTakeFirstOrThrow();
}

function unfinished(db: Kysely<Schema>, exceptPools: readonly string[]) {
	const kept = counted(db)
		?.selectFrom("job_counts")
		.select((eb) => eb.fn.coalesce(eb.fn.sum<number>("jobs"), eb.lit(0)).as("count"))
		.where("state", "in", unfinishedJobStates)
		.$if(exceptPools.length > 0, (query) => query.where("pool", "not in", exceptPools));
	const asked = db
		.selectFrom("jobs")
		.select((eb) => eb.fn.countAll<number>().as("count"))
		.where("state", "in", unfinishedJobStates)
		.$if(exceptPools.length > 0, (query) => query.where("pool", "not in", exceptPools));
	return (kept ?? asked).$asScalar().$notNull();
}

/** As the index `jobs_unfinished` has it: as literals, by which the database knows that it may be used. */
const areUnfinished = sql<boolean>`jobs.state IN (${sql.join(unfinishedJobStates.map((state) => sql.lit(state)))})`;

export async function countUnfinished(db: Kysely<Schema>): Promise<readonly UnfinishedJobs[]> {
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
		.$castTo<UnfinishedJobs>();
	const asked = db
		.selectFrom("jobs")
		.select(["pool", "state", "pipeline"])
		.select((eb) => [eb.fn.countAll<number>().as("count"), eb.fn.min("updated_at").as("since")])
		.where(areUnfinished)
		.groupBy(["state", "pool", "pipeline"])
		.$castTo<UnfinishedJobs>();
	return await (kept ?? asked).execute();
}
