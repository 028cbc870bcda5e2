import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from "vitest";
import { openPostgres } from "#app/services.ts";
import { claimed, queued } from "#test/support/acquisitions.ts";
import { type PostgresServer, startPostgres } from "#test/support/servers/postgres.ts";
import { describeWith } from "#test/support/services.ts";
import { SetClock } from "#test/support/set-clock.ts";
import { until } from "#test/support/spine.ts";

type Host = Awaited<ReturnType<typeof openPostgres>>;

describeWith("postgres", "hosts whose clocks differ by an hour, over one PostgreSQL", () => {
	let server: PostgresServer;
	let early: Host;
	let late: Host;
	const clocks = { early: new SetClock(), late: new SetClock() };
	beforeAll(async () => {
		server = await startPostgres();
	});
	afterAll(() => server.stop());
	beforeEach(async () => {
		const url = await server.createDatabase();
		const settings = { url, connections: 4, statementTimeoutMs: 10_000, tls: undefined };
		clocks.early.byMs = -1_800_000;
		clocks.late.byMs = 1_800_000;
		early = await openPostgres(settings, clocks.early);
		late = await openPostgres(settings, clocks.late);
	});
	afterEach(() => Promise.all([early.close(), late.close()]));

	const lease = ({ catalog, clock }: Host, owner: string, ttlMs: number) =>
		catalog.lease("flow/partition/0", owner, ttlMs, clock.now());

	it("agree on what time it is", () => {
		expect(Math.abs(early.clock.now() - late.clock.now())).toBeLessThan(5_000);
	});

	it("take no lease of another that lives, and one that is over within its time", async () => {
		expect(await lease(early, "early", 60_000)).toBe(1);
		expect(await lease(late, "late", 60_000)).toBeUndefined();
		expect([...(await late.catalog.leaseholders("flow/", late.clock.now())).values()]).toEqual(["early"]);
		clocks.late.byMs += 3_600_000;
		expect(await lease(late, "late", 60_000)).toBeUndefined();
		await lease(early, "early", 1_000);
		await until("the other has it", async () => (await lease(late, "late", 1_000)) === 2, 5_000);
		await until("and then the first again", async () => (await lease(early, "early", 1_000)) === 3, 5_000);
	});

	it("take no job of another that runs, and one that was left within its time", async () => {
		const [id = ""] = await queued(early.catalog, "a");
		const { token } = await claimed(early.catalog, id, early.clock.now(), "early");
		expect(await late.catalog.claim(id, "late", 30_000, late.clock.now())).toMatchObject({ why: "early runs it" });
		expect(await late.catalog.wake(late.clock.now())).toEqual({ retried: 0, reaped: [] });
		expect(await early.catalog.keep(id, token, 1_000, early.clock.now())).toBe(true);
		await until("it is free", async () => (await late.catalog.wake(late.clock.now())).reaped.length === 1, 5_000);
	});
});
