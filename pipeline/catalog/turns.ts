import type { Kysely, Transaction } from "kysely";
import { fault, WatchRabbitError } from "#core/errors.ts";
import { insertRows } from "./insert-rows.ts";
import type { HistoryTable, OutboxTable, OutcomesTable, Schema, StraysTable } from "./schema.ts";
import { Turn } from "./turn.ts";

/** Turns that share one transaction at most: others wait no longer than these take. */
const turnsAtOnce = 32;

interface Waiting {
	readonly work: (trx: Transaction<Schema>, appended: Appended) => Promise<void>;
	/** Called once the transaction is committed, or with what went wrong. */
	readonly done: (error?: unknown) => void;
}

/**
 * Everything that writes more than one row takes a turn, one after the other, on every database: the transaction begins
 * by counting up the one row of `writer`, whose lock it holds to its end. So a turn sees everything that earlier ones
 * wrote and nothing unfinished (under READ COMMITTED: each statement after that lock sees what was committed before it);
 * sequence numbers become visible in their order: who reads "all above the last one seen" misses none; and no two lock
 * rows in different orders and wait for each other. A claim, of which every job needs one, need not wait: `beside.ts`.
 *
 * Turns that came while a transaction was under way share the next one, because what a small turn costs is the disk's
 * flush at its commit. Each is still all or nothing by itself: if one of them fails, the transaction is undone and each
 * is tried alone. So the work of a turn may run twice, and changes nothing outside the database. If the database fails,
 * all of them fail.
 */
export class Turns {
	readonly #db: Kysely<Schema>;
	readonly #waiting: Waiting[] = [];
	#underWay = false;

	constructor(db: Kysely<Schema>) {
		this.#db = db;
	}

	/** Durable when it resolves. */
	take<T>(now: number, work: (turn: Turn) => Promise<T>): Promise<T> {
		return this.#enqueue((trx, appended) => work(new Turn(trx, now, appended)));
	}

	/** For what only changes rows, and tells nothing. */
	write<T>(work: (trx: Transaction<Schema>) => Promise<T>): Promise<T> {
		return this.#enqueue(work);
	}

	#enqueue<T>(work: (trx: Transaction<Schema>, appended: Appended) => Promise<T>): Promise<T> {
		return new Promise((resolve, reject) => {
			let value: T;
			this.#waiting.push({
				work: async (trx, appended) => {
					value = await work(trx, appended);
				},
				done: (error) => (error === undefined ? resolve(value) : reject(error)),
			});
			if (!this.#underWay) void this.#goOn();
		});
	}

	async #goOn(): Promise<void> {
		this.#underWay = true;
		while (this.#waiting.length > 0) {
			await this.#take(this.#waiting.splice(0, turnsAtOnce));
		}
		this.#underWay = false;
	}

	async #take(turns: readonly Waiting[]): Promise<void> {
		try {
			await this.#commit(turns);
		} catch (thrown) {
			if (turns.length === 1 || isAway(thrown)) for (const { done } of turns) done(thrown);
			else for (const turn of turns) await this.#take([turn]);
		}
	}

	async #commit(turns: readonly Waiting[]): Promise<void> {
		await this.#db.transaction().execute(async (trx) => {
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
			for (const { work } of turns) await work(trx, appended);
			await insertRows(trx, "history", appended.history);
			await insertRows(trx, "outbox", appended.outbox);
			await insertRows(trx, "outcomes", appended.outcomes);
			await insertRows(trx, "strays", appended.strays);
		});
		for (const { done } of turns) done();
	}
}

/** The database is away, or busy: that is none of the turns' fault, and the next one would wait for it as long again. */
function isAway(thrown: unknown): boolean {
	return thrown instanceof WatchRabbitError && thrown.class === "transient";
}

/** Sequence numbers that a transaction may give: its own number, then a count within it. 9e9 transactions fit a double. */
const seqsPerTransaction = 1_000_000;

/** Above all of earlier transactions, below all that this one gives. */
export function firstSeqOf(transaction: number): number {
	return transaction * seqsPerTransaction;
}

/** What a transaction only appends: collected, and written at its end in one statement a table. */
export class Appended {
	readonly history: HistoryTable[] = [];
	readonly outbox: OutboxTable[] = [];
	readonly outcomes: OutcomesTable[] = [];
	readonly strays: StraysTable[] = [];
	#seq: number;

	constructor(transaction: number) {
		this.#seq = firstSeqOf(transaction);
	}

	nextSeq(): number {
		this.#seq += 1;
		if (this.#seq % seqsPerTransaction !== 0) return this.#seq;
		throw fault("CATALOG_TRANSACTION_TOO_LONG", `a transaction of more than ${seqsPerTransaction} rows`);
	}
}
