import type { Kysely, Transaction } from "kysely";
import { fault } from "#core/errors.ts";
import { insertRows } from "./insert-rows.ts";
import { proseToColumn } from "./name-column.ts";
import type { HistoryTable, JobsTable, OutboxTable, OutcomesTable, Schema } from "./schema.ts";

/** Sequence numbers a turn may give. */
const seqsPerTurn = 1_000_000;

/**
 * A transaction that writes. Turns are taken one after the other on every database: each begins by counting up the one
 * row of `writer`, whose lock it holds to its end. So a turn sees everything that earlier ones wrote and nothing of
 * others, and sequence numbers (number of the turn, then count within it) become visible in their order: who reads
 * "all above the last one seen" misses none.
 *
 * What is only appended (history, outbox, outcomes) is collected and written at the end in one statement a table.
 */
export class Turn {
	readonly db: Transaction<Schema>;
	readonly now: number;
	#seq: number;
	readonly #end: number;
	readonly #history: HistoryTable[] = [];
	readonly #outbox: OutboxTable[] = [];
	readonly #outcomes: OutcomesTable[] = [];

	private constructor(db: Transaction<Schema>, now: number, number: number) {
		this.db = db;
		this.now = now;
		this.#seq = number * seqsPerTurn;
		this.#end = this.#seq + seqsPerTurn;
	}

	/** All or nothing of what `work` does. */
	static take<T>(db: Kysely<Schema>, now: number, work: (turn: Turn) => Promise<T>): Promise<T> {
		return db.transaction().execute(async (trx) => {
			const { turn: number } = await trx
				.updateTable("writer")
				.set((eb) => ({ turn: eb("turn", "+", 1) }))
				.returning("turn")
				.executeTakeFirstOrThrow();
			const turn = new Turn(trx, now, number);
			const value = await work(turn);
			await insertRows(trx, "history", turn.#history);
			await insertRows(trx, "outbox", turn.#outbox);
			await insertRows(trx, "outcomes", turn.#outcomes);
			return value;
		});
	}

	nextSeq(): number {
		this.#seq += 1;
		if (this.#seq === this.#end) throw fault("CATALOG_TURN_TOO_LONG", `a transaction of more than ${seqsPerTurn} rows`);
		return this.#seq;
	}

	/** For `show` and `why`: `entity` is the id of a job, an acquisition or a result. */
	tell(entity: string, what: string, detail: string): void {
		this.#history.push({ seq: this.nextSeq(), at: this.now, entity, what, detail: proseToColumn(detail) });
	}

	/** Puts a hint of the job into the outbox. */
	announce({ id, pool, priority, traceparent }: Pick<JobsTable, "id" | "pool" | "priority" | "traceparent">): void {
		this.#outbox.push({ seq: this.nextSeq(), pool, job: id, priority, traceparent });
	}

	/** What became of an acquisition, for the edge. */
	conclude(acquisition: string, kind: OutcomeKind, detail: string, againAt?: number): void {
		this.#outcomes.push({
			seq: this.nextSeq(),
			at: this.now,
			acquisition,
			kind,
			detail: proseToColumn(detail),
			again_at: againAt ?? null,
		});
		this.tell(acquisition, kind, detail);
	}
}

export type OutcomeKind = "analysed" | "linked" | "not-ready" | "dead" | "unwanted";
