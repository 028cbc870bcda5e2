import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from "vitest";
import type { Catalog } from "#core/ports/catalog.ts";
import { openCatalogAt } from "#test/support/open-catalog.ts";
import { administer, type PostgresServer, startPostgres } from "#test/support/servers/postgres.ts";
import { describeWith } from "#test/support/services.ts";

describeWith("postgres", "jobs that wait and run are counted on PostgreSQL", () => {
	let server: PostgresServer;
	let url: string;
	let catalog: Catalog;
	beforeAll(async () => {
		server = await startPostgres();
	});
	afterAll(() => server.stop());
	beforeEach(async () => {
		url = await server.createDatabase();
		catalog = await openCatalogAt(url);
		// Nobody but these tests tells the planner of the tables.
		await administer(url, "alter table jobs set (autovacuum_enabled = off)");
	});
	afterEach(() => catalog.close());

	/** Jobs of three pools and twenty pipelines: one of a hundred waits. */
	const fill = (jobs: number) =>
		administer(
			url,
			`insert into jobs (id, pipeline, source, pool, state, priority, attempts_used, attempts_allowed, losses, backoff_ms,
				max_backoff_ms, acquisition, analysis_file, analysis_digest, params, timeout_ms, token, created_at, updated_at, traceparent)
			select 'j' || i, 'p' || i % 20, 's', 'pool' || i % 3, case when i % 100 = 0 then 'queued' else 'completed' end,
				4, 1, 3, 0, 1, 1, 'a' || i, 'f', 'd', '{}', 1, 1, i, i, '' from generate_series(1, ${jobs}) as i`,
		);

	/** Of the statement as the catalog sent it. */
	async function plan(): Promise<string> {
		await catalog.countUnfinished();
		const sent = await administer(
			url,
			`select query from pg_stat_activity where datname = current_database() and query like '%"since"%' and pid <> pg_backend_pid()`,
		);
		expect(sent).toHaveLength(1);
		const rows = await administer(url, `explain ${sent[0]?.query}`);
		return rows.map((row) => row["QUERY PLAN"]).join("\n");
	}

	it("as they are", async () => {
		await fill(3_000);
		const counted = await catalog.countUnfinished();
		expect(counted.reduce((sum, { count }) => sum + count, 0)).toBe(30);
		expect(counted.toSorted((a, b) => a.since - b.since)[0]).toEqual({
			pool: "pool1",
			pipeline: "p0",
			state: "queued",
			count: 10,
			since: 100,
		});
		expect(await catalog.countJobs()).toMatchObject({ queued: 30, completed: 2_970, running: 0 });
	});

	it("by their index, once the planner knows the tables, and no job that is over is read", async () => {
		await fill(50_000);
		await administer(url, "vacuum analyze jobs");
		expect(await plan()).toContain("Index Only Scan using jobs_unfinished");
		expect(await plan()).not.toContain("Seq Scan");
	});

	it("by their index as well in the first seconds, when the planner knows nothing", async () => {
		await fill(50_000);
		expect(await plan()).toMatch(/(Index|Bitmap Index|Index Only) Scan (using|on) jobs_unfinished/);
		expect(await plan()).not.toContain("Seq Scan");
	});
});
