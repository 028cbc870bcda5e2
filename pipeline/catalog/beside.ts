import type { Kysely, Transaction } from "kysely";
import { fault } from "#core/errors.ts";
import { Appended, firstSeqOf } from "./appended.ts";
import { insertRows } from "./insert-rows.ts";
import { locksRows } from "./row-locks.ts";
import type { JobsTable, Schema } from "./schema.ts";
import { SharedTransactions } from "./shared-transactions.ts";
import { Turn } from "./turn.ts";

interface Writing {
	readonly trx: Transaction<Schema>;
	readonly aside: Aside;
}

/**
 * Turns of single jobs beside those of all others (`turns.ts`): they wait for no other process. What keeps the promises of
 * turns:
 *
 * - Order: none is given a number. What they tell is an aside, and the next turn, which sees it, tells it in its order. What
 *   they take for a sequence number lies above all that was committed when they began, and below all that comes later.
 * - One at a time: a job's row is locked, and a turn that may move a job which can be claimed locks it before it looks.
 * - No two wait for each other: who works here takes locks that are free or none, and changes no rows but those and what
 *   it makes. So a turn may wait for one of these, and never the other way round.
 */
export class Beside {
	readonly #db: Kysely<Schema>;
	readonly #transactions: SharedTransactions<Writing>;

	constructor(db: Kysely<Schema>) {
		this.#db = db;
		this.#transactions = new SharedTransactions((works) => commit(db, works));
	}

	/**
	 * Undefined, and nothing was done, where somebody else has the job in hand, where there is no such job, and on a database
	 * that does not lock rows: then the job's turn comes with those of others.
	 */
	async take<T>(now: number, jobId: string, work: (turn: Turn, job: JobsTable) => Promise<T>): Promise<T | undefined> {
		if (!locksRows(this.#db)) return undefined;
		return await this.#transactions.share(async ({ trx, aside }) => {
			const job = await trx
				.selectFrom("jobs")
				.selectAll()
				.where("id", "=", jobId)
				.forUpdate()
				.skipLocked()
				.executeTakeFirst();
			return job && (await work(new Turn(trx, now, aside), job));
		});
	}
}

async function commit(db: Kysely<Schema>, works: (writing: Writing) => Promise<void>): Promise<void> {
	await db.transaction().execute(async (trx) => {
		const { turn } = await trx.selectFrom("writer").select("turn").where("id", "=", 1).executeTakeFirstOrThrow();
		const aside = new Aside(turn + 1);
		await works({ trx, aside });
		const { history, outbox, outcomes, strays } = aside;
		if (outbox.length + outcomes.length + strays.length > 0) {
			throw fault("CATALOG_OUT_OF_TURN", "something was to be announced or concluded beside the turns");
		}
		await insertRows(
			trx,
			"asides",
			history.map(({ seq: _, ...line }) => line),
		);
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
