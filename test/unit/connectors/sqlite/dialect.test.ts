import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Generated, Kysely, sql } from "kysely";
import { Migrator } from "kysely/migration";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { NodeSqliteDialect } from "#connectors/sqlite/dialect.ts";

interface Schema {
	plate: { id: Generated<number>; barcode: string; wells: number; image: Uint8Array | null; passed: number };
}

describe("Kysely over node:sqlite", () => {
	let directory: string;
	let db: Kysely<Schema>;

	const open = () => new Kysely<Schema>({ dialect: new NodeSqliteDialect(join(directory, "state", "test.db")) });

	beforeEach(async () => {
		directory = mkdtempSync(join(tmpdir(), "watchrabbit-dialect-"));
		db = open();
		await db.schema
			.createTable("plate")
			.addColumn("id", "integer", (column) => column.primaryKey())
			.addColumn("barcode", "text", (column) => column.notNull().unique())
			.addColumn("wells", "integer", (column) => column.notNull())
			.addColumn("image", "blob")
			.addColumn("passed", "integer", (column) => column.notNull().defaultTo(0))
			.execute();
	});

	afterEach(async () => {
		await db.destroy();
		rmSync(directory, { recursive: true });
	});

	const add = (barcode: string, wells = 96) =>
		db.insertInto("plate").values({ barcode, wells, image: null, passed: 0 }).executeTakeFirstOrThrow();

	it("says which row was inserted and how many rows changed", async () => {
		expect((await add("P1")).insertId).toBe(1n);
		await add("P2");
		expect((await db.updateTable("plate").set({ wells: 384 }).executeTakeFirstOrThrow()).numUpdatedRows).toBe(2n);
		expect((await db.deleteFrom("plate").executeTakeFirstOrThrow()).numDeletedRows).toBe(2n);
	});

	it("returns rows from writes that ask for them", async () => {
		const row = await db
			.insertInto("plate")
			.values({ barcode: "P1", wells: 96, image: new Uint8Array([0, 255]), passed: 1 })
			.returningAll()
			.executeTakeFirstOrThrow();
		expect(row).toEqual({ id: 1, barcode: "P1", wells: 96, image: new Uint8Array([0, 255]), passed: 1 });
	});

	it("stores booleans as 0 and 1", async () => {
		expect((await sql<{ yes: number; no: number }>`select ${true} as yes, ${false} as no`.execute(db)).rows).toEqual([
			{ yes: 1, no: 0 },
		]);
	});

	it("refuses a value that SQLite cannot hold", async () => {
		await expect(sql`select ${new Date(0)}`.execute(db)).rejects.toMatchObject({ code: "DATABASE_PARAMETER" });
	});

	it("takes back a failed transaction whole and goes on working", async () => {
		const failed = db.transaction().execute(async (trx) => {
			await trx.insertInto("plate").values({ barcode: "P1", wells: 96, image: null, passed: 0 }).execute();
			await trx.insertInto("plate").values({ barcode: "P1", wells: 96, image: null, passed: 0 }).execute();
		});
		await expect(failed).rejects.toMatchObject({ code: "DATABASE_CONSTRAINT", class: "fault" });
		await add("P2");
		expect(await db.selectFrom("plate").select("barcode").execute()).toEqual([{ barcode: "P2" }]);
	});

	it("runs transactions one after the other although they are started together", async () => {
		await add("P1", 0);
		const increment = () =>
			db.transaction().execute(async (trx) => {
				const { wells } = await trx.selectFrom("plate").select("wells").executeTakeFirstOrThrow();
				await trx
					.updateTable("plate")
					.set({ wells: wells + 1 })
					.execute();
			});
		await Promise.all(Array.from({ length: 50 }, increment));
		expect(await db.selectFrom("plate").select("wells").execute()).toEqual([{ wells: 50 }]);
	});

	it("keeps a second connection's transaction apart: neither loses an update", async () => {
		await add("P1", 0);
		const other = open();
		const increment = (on: Kysely<Schema>) =>
			on.transaction().execute(async (trx) => {
				const { wells } = await trx.selectFrom("plate").select("wells").executeTakeFirstOrThrow();
				await trx
					.updateTable("plate")
					.set({ wells: wells + 1 })
					.execute();
			});
		for (let round = 0; round < 20; round++) {
			await increment(db);
			await increment(other);
		}
		expect(await other.selectFrom("plate").select("wells").execute()).toEqual([{ wells: 40 }]);
		await other.destroy();
	});

	it("rolls back to a savepoint", async () => {
		const trx = await db.startTransaction().execute();
		const plate = (barcode: string) => ({ barcode, wells: 96, image: null, passed: 0 });
		await trx.insertInto("plate").values(plate("P1")).execute();
		const after = await trx.savepoint("a-name").execute();
		await after.insertInto("plate").values(plate("P2")).execute();
		await (await after.rollbackToSavepoint("a-name").execute()).commit().execute();
		expect(await db.selectFrom("plate").select("barcode").execute()).toEqual([{ barcode: "P1" }]);
	});

	it("streams rows in chunks, and can be left half-way", async () => {
		for (let n = 0; n < 10; n++) await add(`P${n}`);
		const seen: string[] = [];
		for await (const row of db.selectFrom("plate").select("barcode").orderBy("id").stream(3)) {
			seen.push(row.barcode);
			if (seen.length === 5) break;
		}
		expect(seen).toEqual(["P0", "P1", "P2", "P3", "P4"]);
		await add("P10");
	});

	it("sees a changed table through statements that were prepared before", async () => {
		await add("P1");
		await db.selectFrom("plate").selectAll().execute();
		await db.schema.alterTable("plate").addColumn("note", "text").execute();
		expect(await db.selectFrom("plate").selectAll().executeTakeFirst()).toHaveProperty("note", null);
	});

	it("applies all pending migrations or none", async () => {
		const migrator = new Migrator({
			db,
			provider: {
				getMigrations: async () => ({
					"1": { up: async (on: Kysely<never>) => on.schema.createTable("first").addColumn("id", "integer").execute() },
					"2": { up: async () => Promise.reject(new Error("half-way")) },
				}),
			},
		});
		expect((await migrator.migrateToLatest()).error).toMatchObject({ message: "half-way" });
		const tables = await db.introspection.getTables();
		expect(tables.map((table) => table.name)).not.toContain("first");
	});

	it("keeps what was committed when it is closed and opened again, and can be closed twice", async () => {
		await add("P1");
		await db.destroy();
		await db.destroy();
		db = open();
		expect(await db.selectFrom("plate").select("barcode").execute()).toEqual([{ barcode: "P1" }]);
	});

	it("prepares statements anew once more of them are used than are kept", async () => {
		for (let n = 0; n < 600; n++) await sql`select ${sql.lit(n)} as n`.execute(db);
		expect((await sql<{ n: number }>`select ${sql.lit(0)} as n`.execute(db)).rows).toEqual([{ n: 0 }]);
	});
});
