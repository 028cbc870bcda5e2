import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Kysely, sql } from "kysely";
import type { Migration } from "kysely/migration";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openCatalog } from "#catalog/catalog.ts";
import { migrate, migrations } from "#catalog/migrations.ts";
import { NodeSqliteDialect } from "#connectors/sqlite/dialect.ts";
import { jobStates, unfinishedJobStates } from "#domain/job.ts";
import { acquisition, arrival, complete, intake, plan } from "#test/support/acquisitions.ts";
import { expectCounted } from "../../contract/catalog/counts.ts";

describe("migrations of the catalog", () => {
	let directory: string;
	let file: string;
	beforeEach(async () => {
		directory = await mkdtemp(join(tmpdir(), "watchrabbit-migrations-"));
		file = join(directory, "catalog.db");
	});
	afterEach(() => rm(directory, { recursive: true }));

	async function within<T>(work: (db: Kysely<unknown>) => Promise<T>): Promise<T> {
		const db = new Kysely<unknown>({ dialect: new NodeSqliteDialect(file) });
		try {
			return await work(db);
		} finally {
			await db.destroy();
		}
	}

	const names = Object.keys(migrations).sort();
	const upTo = (name: string) => Object.fromEntries(Object.entries(migrations).filter(([known]) => known <= name));

	async function schema(db: Kysely<unknown>): Promise<string> {
		const { rows } = await sql<{ sql: string }>`
			select sql from sqlite_master where sql is not null and name not like 'kysely_%' order by type desc, name
		`.execute(db);
		return `${rows.map((row) => row.sql).join(";\n")};\n`;
	}

	it.each(names)("%s makes what it made when it was released", async (name) => {
		await within(async (db) => {
			await migrate(db, upTo(name));
			await expect(await schema(db)).toMatchFileSnapshot(`schemas/${name}.sql`);
		});
	});

	it.each(names)("a catalog left by %s is brought up to date, and works", async (name) => {
		await within((db) => migrate(db, upTo(name)));
		const catalog = await openCatalog(new NodeSqliteDialect(file));
		const plate = acquisition("a", "A");
		await catalog.commitIntake(intake([arrival(plate)]));
		expect(await complete(catalog, plan(plate).id)).toBeDefined();
		await catalog.close();
	});

	it("take over the jobs that are there: all are counted, and what is to come to its first result is promised", async () => {
		await within(async (db) => {
			await migrate(db, upTo("0009-unfinished"));
			for (const [i, state] of jobStates.entries()) {
				for (const result of [null, "r"]) {
					const [id, pool] = [`${state} ${result ?? "without"}`, `pool ${i % 2}`];
					await sql`
						insert into jobs (id, pipeline, source, pool, state, result, priority, attempts_used, attempts_allowed, losses,
							backoff_ms, max_backoff_ms, acquisition, analysis_file, analysis_digest, params, timeout_ms, token,
							created_at, updated_at, traceparent)
						values (${id}, 'p', 's', ${pool}, ${state}, ${result}, 4, 1, 3, 0, 1, 1, 'a', 'f', 'd', '{}', 1, 1, ${i}, ${i}, '')
					`.execute(db);
				}
			}
		});
		const catalog = await openCatalog(new NodeSqliteDialect(file));
		expect(await expectCounted(catalog)).toEqual(Object.fromEntries(jobStates.map((state) => [state, 2])));
		await catalog.close();
		await within(async (db) => {
			const { rows } = await sql<{ id: string }>`select id from jobs where promised = 1 order by created_at`.execute(
				db,
			);
			expect(rows.map(({ id }) => id)).toEqual(unfinishedJobStates.map((state) => `${state} without`));
		});
	});

	const later = (up: Migration["up"]) => ({ ...migrations, "9999-later": { up } });

	it("keep what is there", async () => {
		const catalog = await openCatalog(new NodeSqliteDialect(file));
		await catalog.commitIntake(intake([arrival(acquisition("a", "A"))], { offset: 3 }));
		await catalog.close();
		const adds = later((db) => db.schema.alterTable("jobs").addColumn("colour", "text").execute());
		await within(async (db) => {
			await migrate(db, adds);
			await migrate(db, adds);
			const { rows } = await sql`select state, colour from jobs`.execute(db);
			expect(rows).toEqual([{ state: "queued", colour: null }]);
		});
	});

	it("leave nothing behind when one of them fails", async () => {
		const fails = later(async (db) => {
			await db.schema.createTable("half").addColumn("id", "text").execute();
			throw new Error("the disk is full");
		});
		await within(async (db) => {
			await expect(migrate(db, fails)).rejects.toThrow("the disk is full");
			await migrate(db);
			expect(await schema(db)).not.toContain("half");
		});
	});

	it("refuse a catalog that a later release has written", async () => {
		await within((db) =>
			migrate(
				db,
				later(async () => {}),
			),
		);
		await expect(openCatalog(new NodeSqliteDialect(file))).rejects.toMatchObject({
			code: "CATALOG_NEWER",
			class: "permanent",
		});
	});

	it("write nothing when there is nothing to do, so that a catalog can be opened to be read only", async () => {
		await (await openCatalog(new NodeSqliteDialect(file))).close();
		const catalog = await openCatalog(new NodeSqliteDialect(file, { readOnly: true }));
		expect((await catalog.countJobs()).queued).toBe(0);
		await catalog.close();
	});
});
