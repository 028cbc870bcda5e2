import type { Kysely } from "kysely";
import { fault } from "#core/errors.ts";
import { Appended, firstSeqOf } from "./appended.ts";
import { insertRows } from "./insert-rows.ts";
import { locksRows } from "./row-locks.ts";
import type { Schema } from "./schema.ts";
import { SharedTransactions, type Together } from "./shared-transactions.ts";
import type { Writing } from "./turn.ts";

/**
 * Turns of single jobs beside those of all others (`turns.ts`): they wait for no other process. What keeps the promises of
 * turns:
 *
 * - Order: none is given a number. What they tell is an aside, and the next turn, which sees it, tells it in its order. What
 *   they take for a sequence number lies above all that was committed when they began, and below all that comes later.
 * - One at a time: a job's row is locked (`freeJobs` in held-job.ts), and a turn that may move a job which can be claimed
 *   locks it before it looks.
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

	/** Undefined, and nothing was done, on a database that does not lock rows: then its turn comes with those of others. */
	async take<Work, Value>(kind: Together<Writing, Work, Value>, work: Work): Promise<Value | undefined> {
		return locksRows(this.#db) ? await this.#transactions.share(kind, work) : undefined;
	}
}

async function commit(db: Kysely<Schema>, works: (writing: Writing) => Promise<void>): Promise<void> {
	await db.transaction().execute(async (trx) => {
		const { turn } = await trx.selectFrom("writer").select("turn").where("id", "=", 1).executeTakeFirstOrThrow();
		const appended = new Aside(turn + 1);
		await works({ trx, appended });
		const { history, outbox, outcomes, strays } = appended;
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
