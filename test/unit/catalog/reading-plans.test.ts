import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { Kysely } from "kysely";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { migrate } from "#catalog/migrations.ts";
import { Reader } from "#catalog/reader.ts";
import type { Schema } from "#catalog/schema.ts";
import { NodeSqliteDialect } from "#connectors/sqlite/dialect.ts";
import type { Filter, Listed, PageRequest } from "#core/ports/catalog-rows.ts";

/** So that whatever a search finds is many. */
const noneIsFew = -1;

type Asked = readonly [list: keyof Listed, request: Omit<PageRequest, "limit">];

describe("the way to the rows of a list", () => {
	let directory: string;
	let db: Kysely<Schema>;
	const statements: string[] = [];
	beforeEach(async () => {
		directory = await mkdtemp(join(tmpdir(), "watchrabbit-ways-"));
		const dialect = new NodeSqliteDialect(join(directory, "catalog.db"));
		db = new Kysely<Schema>({ dialect, log: ({ query }) => void statements.push(query.sql) });
		await migrate(db);
	});
	afterEach(async () => {
		await db.destroy();
		await rm(directory, { recursive: true });
	});

	/** What the last statement, which gives the rows, goes through. */
	async function wayOf([list, request]: Asked, few: number): Promise<readonly string[]> {
		statements.length = 0;
		await new Reader(db, "everything", few)[list]({ ...request, limit: 100 });
		const database = new DatabaseSync(join(directory, "catalog.db"));
		const steps = database.prepare(`explain query plan ${statements.at(-1)}`).all();
		database.close();
		return steps.map(({ detail }) => String(detail));
	}

	const searches: readonly Filter[] = [
		{ nameGlob: "run_1*.csv" },
		{ captures: { plate: "7" } },
		{ text: "plate 7" },
		{ acquiredSince: 1, acquiredUntil: 2 },
		{ settledUntil: 2 },
	];
	const ofResults: readonly Filter[] = [...searches, { measured: [{ name: "r2", min: 0.9 }] }];
	const inOrder: readonly Asked[] = [
		...searches.map((filter): Asked => ["acquisitions", { filter }]),
		...searches.map((filter): Asked => ["jobs", { filter }]),
		...ofResults.map((filter): Asked => ["results", { filter }]),
		...ofResults.map((filter): Asked => ["measurements", { filter }]),
		...searches.map((filter): Asked => ["artifacts", { filter }]),
		...searches.map((filter): Asked => ["results", { filter: { ...filter, pipeline: "a", source: ["b", "c"] } }]),
		["results", { filter: { source: "a", pipeline: "b", state: "current" } }],
		["results", { filter: { params: {} } }],
		["results", { filter: {}, sort: "seconds" }],
		["measurements", { filter: { name: "r2", pipeline: "a" }, sort: "value" }],
		["measurements", { filter: { name: "r2", source: "a" }, sort: "acquired" }],
		["measurements", { filter: { name: "r2" } }],
		["artifacts", { filter: { name: "log.txt" } }],
		["artifacts", { filter: { nameGlob: "log*" }, sort: "name" }],
		["acquisitions", { filter: { source: "a" }, sort: "key" }],
		["acquisitions", { filter: {}, sort: "bytes" }],
		["acquisitions", { filter: { acquiredSince: 1 }, sort: "acquired" }],
		["jobs", { filter: { pool: "large" } }],
		["jobs", { filter: { state: "dead", pipeline: "a" } }],
		["takenFiles", { filter: { source: "a" } }],
	];

	it.each(inOrder)("of %s is in their order where many are found, and nothing is sorted: %j", async (...asked) => {
		const way = await wayOf(asked, noneIsFew);
		// A branch has no more rows than the page, and before it is merged they may be sorted.
		const sorted = way.filter(
			(step, i) => /TEMP B-TREE FOR ORDER BY/.test(step) && !/^SCAN branch_/.test(way[i - 1] ?? ""),
		);
		expect(sorted, way.join("\n")).toEqual([]);
		expect(way.some((step) => /USING (COVERING )?INDEX/.test(step))).toBe(true);
	});

	it.each([
		["results", { nameGlob: "run_1*.csv" }, "acquisition_words"],
		["jobs", { captures: { plate: "7" } }, "acquisition_words"],
		["measurements", { text: "plate 7" }, "acquisition_words"],
		["artifacts", { acquiredSince: 1, acquiredUntil: 2 }, "acquisitions_by_acquired"],
		["acquisitions", { settledSince: 1 }, "acquisitions_by_settled"],
		["results", { measured: [{ name: "r2", max: 0.5 }] }, "measurements_by_name"],
		["measurements", { name: "r2" }, "measurements_by_name"],
		["artifacts", { nameGlob: "report_P7*" }, "artifacts_by_name"],
		["jobs", { text: "object" }, "jobs_with_cause"],
		["artifacts", { digest: "d" }, "artifacts_by_sha256"],
	] as const)("of %s begins with what was searched for where few are found: %j by %s", async (list, filter, index) => {
		const way = await wayOf([list, { filter }], 0);
		expect(way.join("\n")).toContain(index);
		expect(way.filter((step) => /^SCAN (?!acquisition_words VIRTUAL|.*jobs_with_cause)/.test(step))).toEqual([]);
	});
});
