import type { StatementSync } from "node:sqlite";
import { type Burst, belongsTo, burstsKept, isAhead } from "#domain/rhythm.ts";
import type { Database } from "./open.ts";

/** When each source was seen to write, a row a burst of changes. */
export class LedgerBursts {
	readonly #newest: StatementSync;
	readonly #unsay: StatementSync;
	readonly #extend: StatementSync;
	readonly #begin: StatementSync;
	readonly #forget: StatementSync;
	readonly #of: StatementSync;

	constructor(database: Database) {
		this.#newest = database.prepare("SELECT began, ended FROM burst WHERE source = ? ORDER BY began DESC LIMIT 1");
		this.#unsay = database.prepare("DELETE FROM burst WHERE source = ?1 AND began > ?2");
		this.#extend = database.prepare("UPDATE burst SET ended = ?3 WHERE source = ?1 AND began = ?2");
		this.#begin = database.prepare("INSERT INTO burst VALUES (?1, ?2, ?2)");
		this.#forget = database.prepare(
			`DELETE FROM burst WHERE source = ?1 AND began <=
			(SELECT began FROM burst WHERE source = ?1 ORDER BY began DESC LIMIT 1 OFFSET ${burstsKept})`,
		);
		this.#of = database.prepare(
			`SELECT began, ended FROM burst WHERE source = (SELECT id FROM source WHERE name = ?1)
			ORDER BY began DESC LIMIT ?2`,
		);
	}

	/** What was told by a clock that has been set back since is forgotten: else nothing were news until it is that late. */
	changed(source: number, at: number): void {
		let newest = this.#newest.get(source) as Burst | undefined;
		if (newest !== undefined && isAhead(newest, at)) {
			this.#unsay.run(source, at);
			newest = this.#newest.get(source) as Burst | undefined;
		}
		if (newest !== undefined && at <= newest.ended) return;
		if (newest !== undefined && belongsTo(newest, at)) {
			this.#extend.run(source, newest.began, at);
			return;
		}
		this.#begin.run(source, at);
		this.#forget.run(source);
	}

	/** Newest first. */
	of(source: string, most: number): readonly Burst[] {
		return this.#of.all(source, most).map(({ began, ended }) => ({ began: Number(began), ended: Number(ended) }));
	}
}
