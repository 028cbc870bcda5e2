import { Client } from "pg";
import { afterAll, beforeAll, expect, it } from "vitest";
import { openCatalog } from "#catalog/catalog.ts";
import { PgDialect } from "#connectors/postgres/dialect.ts";
import { systemClock } from "#core/clock.ts";
import type { Catalog } from "#core/ports/catalog.ts";
import { persist } from "#runtime/persist.ts";
import { acquisition, arrival, commitOf, intake, plan } from "#test/support/acquisitions.ts";
import { freePort } from "#test/support/servers/free-port.ts";
import { type PostgresServer, startPostgres } from "#test/support/servers/postgres.ts";
import { assertOwn, describeWith, itWithOwn } from "#test/support/services.ts";

describeWith("postgres", "a catalog whose PostgreSQL goes away", () => {
	let server: PostgresServer;
	beforeAll(async () => {
		server = await startPostgres();
	});
	afterAll(() => server.stop());

	const plates = Array.from({ length: 120 }, (_, i) => acquisition(`p${i}`, `C${i}`));

	/** As a worker does, which tries again whatever is transient. A claim whose answer was lost is left to its lease. */
	async function work(catalog: Catalog, id: string): Promise<boolean> {
		const patient = { clock: systemClock, report: () => {}, signal: new AbortController().signal };
		const claim = await persist("catalog", () => catalog.claim(id, "worker", 60_000, 1_500), patient);
		if (claim.kind !== "claimed") return false;
		return await persist("catalog", () => catalog.commitResult(commitOf(claim.job)), patient);
	}

	itWithOwn("postgres")(
		"loses nothing and does nothing twice when it is killed under many at work, and goes on by itself",
		async () => {
			assertOwn(server.process);
			const url = await server.createDatabase();
			const catalog = await openCatalog(new PgDialect({ url }));
			await catalog.commitIntake(intake(plates.map((plate) => arrival(plate))));
			const ids = plates.map((plate) => plan(plate).id);
			const queue = [...ids];
			const worked = new Map<string, boolean>();
			const workers = Array.from({ length: 8 }, async () => {
				for (let id = queue.pop(); id !== undefined; id = queue.pop()) worked.set(id, await work(catalog, id));
			});
			for (const left of [80, 40]) {
				while (queue.length > left) await new Promise((resolve) => setImmediate(resolve));
				await server.process.kill();
				await server.process.start();
			}
			await Promise.all(workers);

			const done = [...worked].filter(([, committed]) => committed).map(([id]) => id);
			expect(worked.size).toBe(ids.length);
			const results = (await catalog.results({ limit: 500, filter: {} })).items;
			expect(results.map(({ job }) => job).toSorted()).toEqual(done.toSorted());
			// Claimed, as the server knows, by somebody who never heard of it.
			expect(await catalog.countJobs()).toMatchObject({ completed: done.length, running: ids.length - done.length });
			expect((await catalog.wake(90_000)).reaped).toHaveLength(ids.length - done.length);
			const outcomes = await catalog.outcomes(0, 1_000);
			expect(outcomes.filter(({ kind }) => kind === "analysed")).toHaveLength(done.length);
			await catalog.close();
		},
	);

	it("tells all who wait at once that it is busy: not each after a timeout of its own", async () => {
		const url = await server.createDatabase();
		const catalog = await openCatalog(new PgDialect({ url, statementTimeoutMs: 300 }));
		await catalog.commitIntake(intake(plates.map((plate) => arrival(plate))));
		const claims = () => plates.map((plate) => catalog.claim(plan(plate).id, "worker", 60_000, 1_500));
		const other = new Client({ connectionString: url });
		await other.connect();
		await other.query("begin; lock table writer");
		for (const each of await Promise.allSettled(claims())) {
			expect(each).toMatchObject({ status: "rejected", reason: { code: "DATABASE_BUSY", class: "transient" } });
		}
		await other.end();
		expect((await Promise.all(claims())).every(({ kind }) => kind === "claimed")).toBe(true);
		await catalog.close();
	}, 20_000);

	it("cannot be opened while nobody is there, and says so as what passes", async () => {
		const url = Object.assign(new URL(server.url), { port: String(await freePort()) }).href;
		const opened = openCatalog(new PgDialect({ url }));
		await expect(opened).rejects.toMatchObject({
			code: "DATABASE_UNREACHABLE",
			class: "transient",
		});
	});
});
