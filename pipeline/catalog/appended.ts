import { fault } from "#core/errors.ts";
import type { HistoryTable, OutboxTable, OutcomesTable, StraysTable } from "./schema.ts";

/** Sequence numbers that a transaction may give: its own number, then a count within it. 9e9 transactions fit a double. */
const seqsPerTransaction = 1_000_000;

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

/** Above all of earlier transactions, below all that this one gives. */
export function firstSeqOf(transaction: number): number {
	return transaction * seqsPerTransaction;
}
