import type { Kysely } from "kysely";
import { fault } from "#core/errors.ts";
import { insertRows } from "./insert-rows.ts";
import { locksRows } from "./row-locks.ts";
import type { JobsTable, Schema } from "./schema.ts";
import { Turn } from "./turn.ts";
import { Appended, firstSeqOf } from "./turns.ts";

/**
 * A turn of a single job beside those of all others: it waits for nobody. Undefined, and nothing was done, where somebody
 * else has the job in hand, where there is no such job, and on a database that does not lock rows: then the job's turn
 * comes with those of others (`turns.ts`).
 *
 * What keeps the promises of turns:
 * - Order: it is given no number. What it tells is an aside, and the next turn, which sees it, tells it in its order. What
 *   it takes for a sequence number lies above all that was committed when it began, and below all that comes later.
 * - One at a time: the job's row is locked, and a turn that may move a job which can be claimed locks it before it looks.
 * - No two wait for each other: who works here takes the lock that is free or none, and changes no row but that one and
 *   those it makes. So a turn may wait for one of these, and never the other way round.
 */
export async function beside<T>(
	db: Kysely<Schema>,
	now: number,
	jobId: string,
	work: (turn: Turn, job: JobsTable) => Promise<T>,
): Promise<T | undefined> {
	if (!locksRows(db)) return undefined;
	return await db.transaction().execute(async (trx) => {
		const row = await trx
			.selectFrom("jobs")
			.selectAll("jobs")
			.select(({ selectFrom }) => selectFrom("writer").select("turn").$asScalar().$notNull().as("turn"))
			.where("jobs.id", "=", jobId)
			.forUpdate()
			.skipLocked()
			.executeTakeFirst();
		if (row === undefined) return undefined;
		const { turn: lastTurn, ...job } = row;
		const appended = new Aside(lastTurn + 1);
		const value = await work(new Turn(trx, now, appended), job);
		const { history, outbox, outcomes, strays } = appended;
		if (outbox.length + outcomes.length + strays.length > 0) {
			throw fault("CATALOG_OUT_OF_TURN", `job ${jobId} was to announce or conclude something beside the turns`);
		}
		await insertRows(
			trx,
			"asides",
			history.map(({ seq: _, ...line }) => line),
		);
		return value;
	});
}

class Aside extends Appended {
	readonly #seq: number;

	constructor(nextTurn: number) {
		super(nextTurn);
		this.#seq = firstSeqOf(nextTurn);
	}

	override nextSeq(): number {
		return this.#seq;
	}
}
