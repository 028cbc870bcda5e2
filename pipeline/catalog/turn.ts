import type { Transaction } from "kysely";
import type { Appended } from "./appended.ts";
import { proseToColumn } from "./name-column.ts";
import type { JobsTable, Schema } from "./schema.ts";

/** A transaction, and what it appends at its end. */
export interface Writing {
	readonly trx: Transaction<Schema>;
	readonly appended: Appended;
}

/** What one operation reads and writes, at one time, as if no other were there. Made by `turns.ts`. */
export class Turn {
	readonly db: Transaction<Schema>;
	/** Milliseconds since the epoch: the caller's time. */
	readonly now: number;
	readonly #appended: Appended;

	constructor({ trx, appended }: Writing, now: number) {
		this.db = trx;
		this.now = now;
		this.#appended = appended;
	}

	/** Larger than every one given before. */
	nextSeq(): number {
		return this.#appended.nextSeq();
	}

	/** For `show` and `why`: `entity` is the id of a job, an acquisition or a result. */
	tell(entity: string, what: string, detail: string): void {
		const { now: at } = this;
		this.#appended.history.push({ seq: this.nextSeq(), at, entity, what, detail: proseToColumn(detail) });
	}

	/** Puts a hint of the job into the outbox. */
	announce({ id, pool, priority, traceparent }: Pick<JobsTable, "id" | "pool" | "priority" | "traceparent">): void {
		this.#appended.outbox.push({ seq: this.nextSeq(), pool, job: id, priority, traceparent });
	}

	/** The attempt came to no result: what it stored is to be removed. */
	strand(job: string, token: number): void {
		this.#appended.strays.push({ seq: this.nextSeq(), job, token });
	}

	/** What became of an acquisition, for the edge. */
	conclude(acquisition: string, kind: OutcomeKind, detail: string, againAt?: number): void {
		this.#appended.outcomes.push({
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

export type OutcomeKind =
	| "analysed"
	| "linked"
	| "not-ready"
	| "changed"
	| "dead"
	| "cancelled"
	| "unwanted"
	| "rejected";
