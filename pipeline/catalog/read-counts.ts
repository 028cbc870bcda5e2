import { type Kysely, sql } from "kysely";
import type { UnfinishedJobs } from "#core/ports/catalog.ts";
import { type JobState, jobStates, unfinishedJobStates } from "#domain/job.ts";
import type { Schema } from "./schema.ts";

export async function countJobs(db: Kysely<Schema>): Promise<Readonly<Record<JobState, number>>> {
	const rows = await db
		.selectFrom("jobs")
		.select(["state", (eb) => eb.fn.countAll<number>().as("count")])
		.groupBy("state")
		.execute();
	const counts = new Map(rows.map(({ state, count }) => [state, count]));
	return Object.fromEntries(jobStates.map((state) => [state, counts.get(state) ?? 0])) as Record<JobState, number>;
}

/** In one statement: what goes from one of these to another while it is counted is in one of them. */
export async function pending(db: Kysely<Schema>, exceptPools: readonly string[] = []) {
	return await db
		.selectNoFrom((eb) => [
			eb
				.selectFrom("jobs")
				.select(eb.fn.countAll<number>().as("count"))
				.where("state", "in", unfinishedJobStates)
				.$if(exceptPools.length > 0, (query) => query.where("pool", "not in", exceptPools))
				.$asScalar()
				.$notNull()
				.as("jobs"),
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

/** As the index `jobs_unfinished` has it: states as literals, by which the database knows that it may be used. */
export async function countUnfinished(db: Kysely<Schema>): Promise<readonly UnfinishedJobs[]> {
	return await db
		.selectFrom("jobs")
		.select(["pool", "state", "pipeline"])
		.select((eb) => [eb.fn.countAll<number>().as("count"), eb.fn.min("updated_at").as("since")])
		.where(sql<boolean>`state IN (${sql.join(unfinishedJobStates.map((state) => sql.lit(state)))})`)
		.groupBy(["state", "pool", "pipeline"])
		.$castTo<UnfinishedJobs>()
		.execute();
}
