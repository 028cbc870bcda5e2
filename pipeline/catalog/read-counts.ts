import type { Kysely } from "kysely";
import { finalJobStates, type JobState, jobStates } from "#domain/job.ts";
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

const unfinished = jobStates.filter((state) => !(finalJobStates as readonly JobState[]).includes(state));

export async function pending(db: Kysely<Schema>, exceptPools: readonly string[] = []) {
	const [jobs, waiting, outbox, strays] = await Promise.all([
		db
			.selectFrom("jobs")
			.select((eb) => eb.fn.countAll<number>().as("count"))
			.where("state", "in", unfinished)
			.$if(exceptPools.length > 0, (query) => query.where("pool", "not in", exceptPools))
			.executeTakeFirstOrThrow(),
		db
			.selectFrom("waiting")
			.select((eb) => eb.fn.countAll<number>().as("count"))
			.where("passed", "=", 0)
			.executeTakeFirstOrThrow(),
		db
			.selectFrom("outbox")
			.select((eb) => eb.fn.countAll<number>().as("count"))
			.$if(exceptPools.length > 0, (query) => query.where("pool", "not in", exceptPools))
			.executeTakeFirstOrThrow(),
		db
			.selectFrom("strays")
			.select((eb) => eb.fn.countAll<number>().as("count"))
			.executeTakeFirstOrThrow(),
	]);
	return { jobs: jobs.count, waiting: waiting.count, outbox: outbox.count, strays: strays.count };
}
