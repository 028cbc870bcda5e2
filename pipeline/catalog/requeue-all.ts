import type { Kysely } from "kysely";
import type { Schema } from "./schema.ts";
import { Turn } from "./turn.ts";

const jobsPerTurn = 2_000;

export async function requeueAll(db: Kysely<Schema>, now: number): Promise<number> {
	let queued = 0;
	let after = "";
	while (true) {
		const last = await Turn.take(db, now, async (turn) => {
			const jobs = await jobsWithoutHint(turn, after);
			for (const job of jobs) turn.announce(job);
			queued += jobs.length;
			return jobs.at(-1)?.id;
		});
		if (last === undefined) return queued;
		after = last;
	}
}

/** In the outbox is a hint as good as the new one would be. */
function jobsWithoutHint(turn: Turn, after: string) {
	return turn.db
		.selectFrom("jobs")
		.select(["id", "pool", "priority", "traceparent"])
		.where("state", "=", "queued")
		.where("id", ">", after)
		.where(({ not, exists, selectFrom }) =>
			not(exists(selectFrom("outbox").select("outbox.seq").whereRef("outbox.job", "=", "jobs.id"))),
		)
		.orderBy("id")
		.limit(jobsPerTurn)
		.execute();
}
