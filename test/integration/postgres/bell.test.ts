import { setImmediate } from "node:timers/promises";
import { Client } from "pg";
import { afterAll, afterEach, beforeAll, beforeEach, expect, it, vi } from "vitest";
import { Bell } from "#connectors/postgres/bell.ts";
import { systemClock } from "#core/clock.ts";
import type { WakeUp } from "#core/wake-up.ts";
import { freePort } from "#test/support/servers/free-port.ts";
import { administer, type PostgresServer, startPostgres } from "#test/support/servers/postgres.ts";
import { describeWith } from "#test/support/services.ts";

/** Longer than any test: who waits that long was not rung. */
const forEverMs = 60_000;

describeWith("postgres", "the bell between processes on one PostgreSQL", () => {
	let server: PostgresServer;
	let url: string;
	let here: Bell;
	let there: Bell;
	beforeAll(async () => {
		server = await startPostgres();
	});
	afterAll(() => server.stop());
	beforeEach(async () => {
		url = await server.createDatabase();
		here = new Bell({ url });
		there = new Bell({ url });
		await listeners(2);
	});
	afterEach(async () => {
		await Promise.all([here.close(), there.close()]);
		await listeners(0);
	});

	async function listeners(count: number) {
		const listening =
			"select 1 from pg_stat_activity where query = 'listen watchrabbit' and datname = current_database()";
		await vi.waitFor(async () => expect(await administer(url, listening)).toHaveLength(count), { timeout: 20_000 });
	}

	function rung(wakeUp: WakeUp): Promise<void> {
		return wakeUp.wait(forEverMs, systemClock, new AbortController().signal);
	}

	it("wakes who waits in another process, and in this one", async () => {
		const [mine, theirs] = [rung(here.wakeUp("jobs")), rung(there.wakeUp("jobs"))];
		here.wakeUp("jobs").ring();
		await Promise.all([mine, theirs]);
	});

	it("is not disturbed by what others notify on its channel", async () => {
		for (const payload of ["", "x", "{}", '[1, null, {"a": 1}]']) {
			await administer(url, `select pg_notify('watchrabbit', '${payload}')`);
		}
		const theirs = rung(there.wakeUp("jobs"));
		here.wakeUp("jobs").ring();
		await theirs;
	});

	it("wakes nobody who waits for something else, and does not echo", async () => {
		const ended = new AbortController();
		const woken: string[] = [];
		const note = (name: string, wakeUp: WakeUp) =>
			wakeUp.wait(forEverMs, systemClock, ended.signal).then(() => woken.push(ended.signal.aborted ? "ended" : name));
		here.wakeUp("jobs").ring();
		await rung(here.wakeUp("jobs"));
		const others = [note("echo", here.wakeUp("jobs")), note("other", there.wakeUp("outcomes"))];
		await rung(there.wakeUp("jobs"));
		there.wakeUp("over").ring();
		await rung(here.wakeUp("over"));
		ended.abort();
		await Promise.all(others);
		expect(woken).toEqual(["ended", "ended"]);
	});

	it("tells many rings of a moment together", async () => {
		const heard: unknown[] = [];
		const other = new Client({ connectionString: url });
		await other.connect();
		await other.query("listen watchrabbit");
		other.on("notification", ({ payload }) => heard.push(payload));
		const ended = AbortSignal.timeout(300);
		while (!ended.aborted) {
			here.wakeUp("jobs").ring();
			await setImmediate();
		}
		here.wakeUp("over").ring();
		await rung(there.wakeUp("over"));
		await other.query("select 1");
		await other.end();
		expect(heard.length).toBeGreaterThan(1);
		expect(heard.length).toBeLessThan(20);
	});

	it("wakes everybody once the connection is back", async () => {
		const waiting = rung(there.wakeUp("jobs"));
		await administer(url, "select pg_terminate_backend(pid) from pg_stat_activity where query like 'listen%'");
		await waiting;
		await listeners(2);
		here.wakeUp("jobs").ring();
		await rung(there.wakeUp("jobs"));
	});

	it("rings here alone, and fails nobody, where there is no database", async () => {
		const nowhere = new URL(url);
		nowhere.port = String(await freePort());
		const alone = new Bell({ url: nowhere.href });
		const waiting = rung(alone.wakeUp("jobs"));
		alone.wakeUp("jobs").ring();
		await waiting;
		await alone.close();
	});
});
