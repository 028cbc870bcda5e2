import type { Target } from "#domain/operation.ts";
import type { Turn } from "./turn.ts";
import type { Turns } from "./turns.ts";

const jobsPerTurn = 2_000;

/** `resumed`: only what is of it, and also what has a hint in the outbox: that may be on its way to who was told to forget it. */
export async function requeueAll(turns: Turns, now: number, resumed?: Target): Promise<number> {
	let queued = 0;
	let after = "";
	while (true) {
		const some = await turns.take(now, (turn) => announceSome(turn, after, resumed));
		const last = some.at(-1);
		if (last === undefined) return queued;
		queued += some.length;
		after = last;
	}
}

/** Jobs behind `after` that have no hint in the outbox: one that is there is as good as a new one. */
async function announceSome(turn: Turn, after: string, resumed: Target | undefined): Promise<readonly string[]> {
	const jobs = await turn.db
		.selectFrom("jobs")
		.select(["id", "pool", "priority", "traceparent"])
		.where("state", "=", "queued")
		.where("id", ">", after)
		.$if(resumed === undefined, (query) =>
			query.where(({ not, exists, selectFrom }) =>
				not(exists(selectFrom("outbox").select("outbox.seq").whereRef("outbox.job", "=", "jobs.id"))),
			),
		)
		.$if(resumed?.type === "pipeline", (query) => query.where("pipeline", "=", resumed?.name ?? ""))
		.$if(resumed?.type === "pool", (query) => query.where("pool", "=", resumed?.name ?? ""))
		.orderBy("id")
		.limit(jobsPerTurn)
		.execute();
	for (const job of jobs) turn.announce(job);
	return jobs.map(({ id }) => id);
}
