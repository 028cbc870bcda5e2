import type { StatementSync } from "node:sqlite";
import type { Publication } from "#core/ports/ledger.ts";
import type { Database } from "./open.ts";

const before = "published as ";
const [traced, untraced] = [", its trace is kept", ", its trace is left out"];

/** What the life of a unit says of its publication. */
export function publishedAs({ event, isTraced }: Omit<Publication, "at">): string {
	if (isTraced === undefined) return before + event;
	return before + event + (isTraced ? traced : untraced);
}

/** Reads it again: the newest one counts. */
export class LedgerPublished {
	readonly #database: Database;
	readonly #newest: StatementSync;

	constructor(database: Database) {
		this.#database = database;
		this.#newest = database.prepare(
			`SELECT at, detail FROM (
				SELECT 1 AS current, 0 AS id, event_at AS at, event AS what, detail FROM entry WHERE id = ?1
				UNION ALL SELECT 0, id, at, what, detail FROM history WHERE entry = ?1
			) WHERE what IN ('settled', 'verified') AND detail LIKE '${before}%' ORDER BY current DESC, id DESC LIMIT 1`,
		);
	}

	of(unit: number): Publication | undefined {
		const row = this.#database.attempt(() => this.#newest.get(unit));
		if (row === undefined) return undefined;
		const told = String(row.detail).slice(before.length);
		const at = Number(row.at);
		if (told.endsWith(traced)) return { event: told.slice(0, -traced.length), at, isTraced: true };
		if (told.endsWith(untraced)) return { event: told.slice(0, -untraced.length), at, isTraced: false };
		return { event: told, at };
	}
}
