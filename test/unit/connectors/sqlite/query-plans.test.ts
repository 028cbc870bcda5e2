import { join } from "node:path";
import type { PrepareOptions, StatementSync } from "node:sqlite";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { LedgerEntries } from "#connectors/sqlite/ledger-entries.ts";
import { LedgerPlaces } from "#connectors/sqlite/ledger-places.ts";
import { ledgerMigrations } from "#connectors/sqlite/ledger-schema.ts";
import { LedgerTable } from "#connectors/sqlite/ledger-table.ts";
import { LedgerTally } from "#connectors/sqlite/ledger-tally.ts";
import { LedgerWaiting } from "#connectors/sqlite/ledger-waiting.ts";
import { Database } from "#connectors/sqlite/open.ts";
import { temporaryDirectory } from "#test/support/temporary-directory.ts";

/** Remembers what was prepared. */
class RecordingDatabase extends Database {
	readonly statements: string[] = [];

	override prepare(sql: string, options?: PrepareOptions): StatementSync {
		this.statements.push(sql);
		return super.prepare(sql, options);
	}
}

describe("the ledger's statements", () => {
	let directory: ReturnType<typeof temporaryDirectory>;
	let database: RecordingDatabase;

	beforeEach(() => {
		directory = temporaryDirectory();
		database = new RecordingDatabase(join(directory.path, "ledger.db"), { migrations: ledgerMigrations });
		new LedgerEntries(database, new LedgerPlaces(database));
		new LedgerTable(database, new LedgerTally(database));
		new LedgerWaiting(database, "");
	});

	afterEach(() => {
		database.close();
		directory.remove();
	});

	it("find their rows by an index and in order: none reads a whole table or sorts one", () => {
		const slow = database.statements.filter((sql) => {
			const plan = database.prepare(`EXPLAIN QUERY PLAN ${sql}`).all();
			return plan.some(({ detail }) =>
				/^SCAN (?!json_each|tally$|CONSTANT ROW|\d+-ROW VALUES|\(subquery)|TEMP B-TREE/.test(String(detail)),
			);
		});
		expect(slow).toEqual([]);
	});
});
