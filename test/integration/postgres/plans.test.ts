import { afterAll, beforeAll, expect, it, vi } from "vitest";
import type { Catalog } from "#core/ports/catalog.ts";
import { acquisition, arrival, complete, intake, plan } from "#test/support/acquisitions.ts";
import { openCatalogAt } from "#test/support/open-catalog.ts";
import { administer, type PostgresServer, startPostgres } from "#test/support/servers/postgres.ts";
import { describeWith } from "#test/support/services.ts";

describeWith("postgres", "a new catalog on PostgreSQL that fills faster than the server looks at its tables", () => {
	let server: PostgresServer;
	let url: string;
	beforeAll(async () => {
		server = await startPostgres();
		url = await server.createDatabase();
	});
	afterAll(() => server.stop());

	const [files, chunk] = [3_000, 100];
	const plate = (number: number, version: string) => acquisition(`p${number}`, `${number} ${version}`);
	const jobOf = (number: number, version: string) => plan(plate(number, version)).id;

	async function take(catalog: Catalog, from: number, to: number, version: string): Promise<void> {
		const numbers = Array.from({ length: to - from }, (_, i) => from + i);
		await catalog.commitIntake(intake(numbers.map((number) => arrival(plate(number, version)))));
	}

	/** Rows that were read: in tables as a whole, and through indexes, where a row is counted each time. */
	async function rowsRead() {
		const [row] = await administer(
			url,
			`select (select sum(seq_tup_read) from pg_stat_user_tables where relname <> 'writer' and relname <> 'asides')::int as whole,
				(select sum(idx_tup_read) from pg_stat_user_indexes)::int as indexed,
				(select n_tup_ins from pg_stat_user_tables where relname = 'results')::int as results`,
		);
		return row as { readonly whole: number; readonly indexed: number; readonly results: number };
	}

	it("reads in its first seconds what it asks for, not all there is", async () => {
		const catalog = await openCatalogAt(url);
		const tables = await administer(url, "select relname from pg_stat_user_tables");
		for (const { relname } of tables) await administer(url, `alter table ${relname} set (autovacuum_enabled = off)`);
		// Statements come often enough to be planned for good while the tables are empty.
		for (let i = 0; i < 20; i++) {
			await take(catalog, i, i + 1, "a");
			await complete(catalog, jobOf(i, "a"));
		}
		for (let i = 20; i < files; i += chunk) await take(catalog, i, Math.min(i + chunk, files), "a");
		for (let i = 20; i < 200; i += 9) {
			await Promise.all(Array.from({ length: 9 }, (_, k) => complete(catalog, jobOf(i + k, "a"))));
			await catalog.outcomes(i, 10);
		}
		for (let i = 0; i < 200; i += 20) await take(catalog, i, i + 20, "b");
		for (let i = 0; i < 200; i += 9) await complete(catalog, jobOf(i, "b"));
		await catalog.close();
		await vi.waitFor(async () => expect((await rowsRead()).results).toBe(200 + 23), { timeout: 20_000 });
		const { whole, indexed } = await rowsRead();
		expect(whole).toBeLessThan(10 * files);
		expect(indexed).toBeLessThan(10 * files);
	}, 120_000);
});
