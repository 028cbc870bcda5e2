import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { SqliteLedger } from "#connectors/sqlite/ledger.ts";
import { ledgerMigrations } from "#connectors/sqlite/ledger-schema.ts";
import { Database } from "#connectors/sqlite/open.ts";
import { temporaryDirectory } from "#test/support/temporary-directory.ts";

/** As it was written before the schema's second version: three files of their own, and a folder of two. */
const first = `
	INSERT INTO source VALUES (1, 'plates');
	INSERT INTO directory VALUES (1, 1, x''), (2, 1, CAST('run' AS BLOB));
	INSERT INTO entry VALUES
		(1, 1, CAST('new.csv' AS BLOB), 'file', NULL, 'seen', NULL, 5, 1, 1, 1, NULL, 1, 0, 99, 7, 7, NULL, 0, 7, 'seen', '5 bytes'),
		(2, 1, CAST('old.csv' AS BLOB), 'file', NULL, 'analysed', 'r', 5, 1, 1, 2, NULL, 1, 1, NULL, 7, 7, NULL, 0, 8, 'analysed', 'r'),
		(3, 1, CAST('gone.csv' AS BLOB), 'file', NULL, 'analysed', 'r', 5, 1, 1, 3, NULL, 2, 1, NULL, 7, 7, 9, 0, 9, 'gone', ''),
		(4, 1, CAST('run' AS BLOB), 'folder', NULL, 'settling', 'quiet', 10, 1, 1, 0, NULL, 1, 1, 99, 7, 7, NULL, 2, 8, 'settling', 'quiet'),
		(5, 2, CAST('a' AS BLOB), 'member', 4, 'seen', NULL, 5, 1, 1, 4, NULL, 1, 0, NULL, 7, 7, NULL, 0, 7, 'seen', '5 bytes'),
		(6, 2, CAST('b' AS BLOB), 'member', 4, 'seen', NULL, 5, 1, 1, 5, NULL, 1, 0, NULL, 7, 7, NULL, 0, 7, 'seen', '5 bytes');
`;

describe("a ledger of the schema's first version", () => {
	let directory: ReturnType<typeof temporaryDirectory>;
	let file: string;

	beforeEach(() => {
		directory = temporaryDirectory();
		file = join(directory.path, "ledger.db");
		new Database(file, { migrations: ledgerMigrations.slice(0, 1) }).close();
	});

	afterEach(() => directory.remove());

	function write(sql: string): void {
		const connection = new DatabaseSync(file);
		connection.exec(sql);
		connection.close();
	}

	function opened<T>(look: (ledger: SqliteLedger) => T): T {
		const ledger = new SqliteLedger(file);
		try {
			return look(ledger);
		} finally {
			ledger.close();
		}
	}

	it("opens with all that it has, and is counted", () => {
		write(first);
		opened((ledger) => {
			expect([...ledger.entries("plates")].map(({ path, state }) => `${path} ${state}`)).toEqual([
				"gone.csv analysed",
				"new.csv seen",
				"old.csv analysed",
				"run settling",
				"run/a settling",
				"run/b settling",
			]);
			expect(Object.fromEntries(ledger.counts())).toEqual({ seen: 1, settling: 2, analysed: 1 });
			expect(ledger.unjudged()).toBe(1);
		});
	});

	it("keeps the identity under which its events were published", () => {
		write("INSERT INTO note VALUES ('id', 'published')");
		expect(opened(({ identity }) => identity)).toBe("published");
		expect(opened((ledger) => ledger.note("id"))).toBeUndefined();
	});

	it("that published nothing yet keeps the identity that it was made with", () => {
		const made = opened(({ identity }) => identity);
		expect(made).toMatch(/^[0-9a-f]{32}$/);
		expect(opened(({ identity }) => identity)).toBe(made);
	});
});
