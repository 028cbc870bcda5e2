import type { Kysely, Transaction } from "kysely";
import { Appended } from "./appended.ts";
import { insertRows } from "./insert-rows.ts";
import type { Schema } from "./schema.ts";
import { SharedTransactions, type Together } from "./shared-transactions.ts";
import { Turn, type Writing } from "./turn.ts";

/**
 * Everything that writes more than one row takes a turn, one after the other, on every database: the transaction begins
 * by counting up the one row of `writer`, whose lock it holds to its end. So a turn sees everything that earlier ones
 * wrote and nothing unfinished (under READ COMMITTED: each statement after that lock sees what was committed before it);
 * sequence numbers become visible in their order: who reads "all above the last one seen" misses none; and no two lock
 * rows in different orders and wait for each other. A claim, of which every job needs one, need not wait for the turns of
 * other processes: `beside.ts`.
 *
 * Turns that came while a transaction was under way share the next one: `shared-transactions.ts`.
 */
export class Turns {
	readonly #transactions: SharedTransactions<Writing>;

	constructor(db: Kysely<Schema>) {
		this.#transactions = new SharedTransactions((turns) => commit(db, turns));
	}

	/** Durable when it resolves. */
	take<T>(now: number, work: (turn: Turn) => Promise<T>): Promise<T> {
		return this.#alone((writing) => work(new Turn(writing, now)));
	}

	/** Those of one kind that share a transaction are done in one go. */
	takeTogether<Work, Value>(kind: Together<Writing, Work, Value>, work: Work): Promise<Value> {
		return this.#transactions.share(kind, work);
	}

	/** For what only changes rows, and tells nothing. */
	write<T>(work: (trx: Transaction<Schema>) => Promise<T>): Promise<T> {
		return this.#alone(({ trx }) => work(trx));
	}

	async #alone<T>(work: (writing: Writing) => Promise<T>): Promise<T> {
		return (await this.#transactions.share(oneByOne, work)) as T;
	}
}

async function oneByOne(writing: Writing, works: readonly ((writing: Writing) => Promise<unknown>)[]) {
	const values: unknown[] = [];
	for (const work of works) values.push(await work(writing));
	return values;
}

async function commit(db: Kysely<Schema>, turns: (writing: Writing) => Promise<void>): Promise<void> {
	await db.transaction().execute(async (trx) => {
		const { turn: number } = await trx
			.updateTable("writer")
			.set((eb) => ({ turn: eb("turn", "+", 1) }))
			.where("id", "=", 1)
			.returning("turn")
			.executeTakeFirstOrThrow();
		const appended = new Appended(number);
		for (const line of await trx.deleteFrom("asides").returningAll().execute()) {
			appended.history.push({ seq: appended.nextSeq(), ...line });
		}
		await turns({ trx, appended });
		await insertRows(trx, "history", appended.history);
		await insertRows(trx, "outbox", appended.outbox);
		await insertRows(trx, "outcomes", appended.outcomes);
		await insertRows(trx, "strays", appended.strays);
	});
}
