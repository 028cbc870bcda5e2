import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Kysely, sql } from "kysely";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openCatalog } from "#catalog/catalog.ts";
import { Reader } from "#catalog/reader.ts";
import type { Schema } from "#catalog/schema.ts";
import { NodeSqliteDialect } from "#connectors/sqlite/dialect.ts";
import { acquisition, arrival, intake } from "#test/support/acquisitions.ts";

const many = 12_000;

describe("a database in this process lets everybody else have his turn", () => {
	let directory: string;
	let db: Kysely<Schema>;
	let reader: Reader;
	beforeAll(async () => {
		directory = await mkdtemp(join(tmpdir(), "watchrabbit-turns-"));
		const file = join(directory, "catalog.db");
		const catalog = await openCatalog(new NodeSqliteDialect(file));
		await catalog.commitIntake(intake([arrival(acquisition("plate.csv", "content"), { plans: [] })]));
		await catalog.close();
		db = new Kysely<Schema>({ dialect: new NodeSqliteDialect(file) });
		const first = await db.selectFrom("acquisitions").selectAll().executeTakeFirstOrThrow();
		const columns = Object.entries({ ...first, id: sql`'copy-' || i`, key_hash: sql`'copy-' || i` });
		await sql`
			insert into acquisitions (${sql.join(columns.map(([name]) => sql.ref(name)))})
			with recursive numbers (i) as (select 1 union all select i + 1 from numbers where i < ${many - 1})
			select ${sql.join(columns.map(([, value]) => value))} from numbers
		`.execute(db);
		reader = new Reader(db, "everything");
	});
	afterAll(async () => {
		await db.destroy();
		await rm(directory, { recursive: true });
	});

	/** How often something else had its turn while work was done. */
	async function turnsDuring(work: () => Promise<unknown>): Promise<number> {
		let turns = 0;
		let next = setImmediate(function turn() {
			turns++;
			next = setImmediate(turn);
		});
		await work();
		clearImmediate(next);
		return turns;
	}

	it("between the pages of a whole list", async () => {
		let rows = 0;
		const turns = await turnsDuring(async () => {
			for await (const some of reader.each("acquisitions", { filter: {} })) rows += some.length;
		});
		expect(rows).toBe(many);
		expect(turns).toBeGreaterThanOrEqual(many / 1_000 - 1);
	});

	it("while it counts every row", async () => {
		const turns = await turnsDuring(async () => {
			expect(await reader.count("acquisitions", {}, "exact")).toEqual({ count: many, is: "exact" });
		});
		expect(turns).toBeGreaterThanOrEqual(2);
	});
});
