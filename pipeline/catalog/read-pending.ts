import type { Kysely } from "kysely";
import type { Scope } from "#domain/access.ts";
import { unfinishedJobStates } from "#domain/job.ts";
import { counted } from "./read-counts.ts";
import type { Schema } from "./schema.ts";
import { ofSeenPipeline, seenJobOf, seenRoom } from "./scoped.ts";

/** In one statement: what goes from one of these to another while it is counted is in one of them. */
export async function pending(db: Kysely<Schema>, scope: Scope, exceptPools: readonly string[] = []) {
	return await db
		.selectNoFrom((eb) => [
			unfinished(db, scope, exceptPools).as("jobs"),
			eb
				.selectFrom("waiting")
				.select(eb.fn.countAll<number>().as("count"))
				.where("passed", "=", 0)
				.where(seenRoom(scope))
				.$asScalar()
				.$notNull()
				.as("waiting"),
			eb
				.selectFrom("outbox")
				.select(eb.fn.countAll<number>().as("count"))
				.where(seenJobOf(scope, "outbox"))
				.$if(exceptPools.length > 0, (query) => query.where("pool", "not in", exceptPools))
				.$asScalar()
				.$notNull()
				.as("outbox"),
			eb
				.selectFrom("strays")
				.select(eb.fn.countAll<number>().as("count"))
				.where(seenJobOf(scope, "strays"))
				.$asScalar()
				.$notNull()
				.as("strays"),
		])
		.executeTakeFirstOrThrow();
}

function unfinished(db: Kysely<Schema>, scope: Scope, exceptPools: readonly string[]) {
	const kept = counted(db)
		?.selectFrom("job_counts")
		.select((eb) => eb.fn.coalesce(eb.fn.sum<number>("jobs"), eb.lit(0)).as("count"))
		.where("state", "in", unfinishedJobStates)
		.where(ofSeenPipeline(scope, "pipeline"))
		.$if(exceptPools.length > 0, (query) => query.where("pool", "not in", exceptPools));
	const asked = db
		.selectFrom("jobs")
		.select((eb) => eb.fn.countAll<number>().as("count"))
		.where("state", "in", unfinishedJobStates)
		.where(ofSeenPipeline(scope, "pipeline"))
		.$if(exceptPools.length > 0, (query) => query.where("pool", "not in", exceptPools));
	return (kept ?? asked).$asScalar().$notNull();
}
