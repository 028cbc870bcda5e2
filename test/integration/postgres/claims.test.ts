import { setImmediate } from "node:timers/promises";
import { Client } from "pg";
import { afterAll, afterEach, beforeAll, beforeEach, expect, it, vi } from "vitest";
import type { Catalog, ClaimedJob } from "#core/ports/catalog.ts";
import {
	acquisition,
	arrival,
	claimed,
	commitOf,
	endOf,
	intake,
	plan,
	replayed,
	sha256,
} from "#test/support/acquisitions.ts";
import { openCatalogAt } from "#test/support/open-catalog.ts";
import { seededRandom } from "#test/support/seeded-random.ts";
import { administer, type PostgresServer, startPostgres } from "#test/support/servers/postgres.ts";
import { describeWith } from "#test/support/services.ts";

describeWith("postgres", "claims of several processes on one PostgreSQL", () => {
	let server: PostgresServer;
	let url: string;
	let here: Catalog;
	let there: Catalog;
	let other: Client;
	beforeAll(async () => {
		server = await startPostgres();
	});
	afterAll(() => server.stop());
	beforeEach(async () => {
		url = await server.createDatabase();
		[here, there, other] = [await openCatalogAt(url), await openCatalogAt(url), new Client({ connectionString: url })];
		await other.connect();
	});
	afterEach(() => Promise.all([here.close(), there.close(), other.end()]));

	const plates = (names: readonly string[]) => names.map((name) => acquisition(name, name));
	const changed = { analysisDigest: sha256("changed") };
	const idOf = (name: string) => plan(acquisition(name, name)).id;

	it("wait for no turn of others", async () => {
		await here.commitIntake(intake(plates(["a"]).map((plate) => arrival(plate))));
		await other.query("begin; update writer set turn = turn");
		const job = await claimed(there, idOf("a"));
		const committing = there.commitResult(commitOf(job));
		expect(await here.job(job.id)).toMatchObject({ state: "running", token: 1, history: { length: 4 } });
		expect((await here.job(job.id))?.history.at(-1)).toMatchObject({ what: "running" });
		await other.query("commit");
		expect(await committing).toBe(true);
		const life = (await here.job(job.id))?.history.map(({ what }) => what);
		expect(life).toEqual(["created", "validated", "queued", "running", "executed", "completed"]);
	});

	it("lose no hint of a job that somebody has in hand: its turn comes when that one is done", async () => {
		await here.commitIntake(intake(plates(["a"]).map((plate) => arrival(plate))));
		await other.query(`begin; select 1 from jobs where id = '${idOf("a")}' for update`);
		const claiming = there.claim(idOf("a"), "there", 60_000, 1_500);
		await other.query("rollback");
		expect(await claiming).toMatchObject({ kind: "claimed", job: { token: 1 } });
	});

	const moves: readonly [string, (id: string) => Promise<unknown>][] = [
		["new content", () => here.commitIntake(intake([arrival(acquisition("a", "newer"))]))],
		[
			"a replay with another analysis",
			(id) => replayed(here, id, 5_000, "a person", plan(acquisition("a", "a"), changed)),
		],
		["another claim", (id) => here.claim(id, "here", 1_000, 1_500)],
	];
	it.each(moves)("are waited for by %s, which then finds the job running", async (_what, move) => {
		await here.commitIntake(intake(plates(["a"]).map((plate) => arrival(plate))));
		const id = idOf("a");
		await other.query(`begin; select 1 from jobs where id = '${id}' for update`);
		const moving = move(id);
		const waiting = "select 1 from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()";
		await vi.waitFor(async () => expect(await administer(url, waiting)).toHaveLength(1), { timeout: 20_000 });
		await other.query(`update jobs set state = 'running', token = 1, wake_at = 9000 where id = '${id}'; commit`);
		await moving;
		expect(await here.job(id)).toMatchObject({ state: "running", token: 1 });
	});

	it("are waited for by the same content that comes again, which leaves the job running", async () => {
		await here.commitIntake(intake([arrival(acquisition("a", "A"))]));
		const first = await claimed(there, plan(acquisition("a", "A")).id);
		await there.endAttempt(endOf(first, { outcome: "not-ready", againAt: 9_000 }));
		expect(await here.job(first.id)).toMatchObject({ state: "created" });
		await other.query(`begin; select 1 from jobs where id = '${first.id}' for update`);
		const coming = here.commitIntake(intake([arrival(acquisition("copy", "A"))]));
		const waiting = "select 1 from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()";
		await vi.waitFor(async () => expect(await administer(url, waiting)).toHaveLength(1), { timeout: 20_000 });
		await other.query(`update jobs set state = 'running', token = 2, wake_at = 9000 where id = '${first.id}'; commit`);
		await coming;
		expect(await here.job(first.id)).toMatchObject({ state: "running", token: 2 });
	});

	it("are told without anything else that happens, once the dispatch looks", async () => {
		await here.commitIntake(intake(plates(["a"]).map((plate) => arrival(plate))));
		await claimed(there, idOf("a"));
		expect((await here.feed(0, 100)).map(({ what }) => what)).not.toContain("running");
		await here.wake(1_600);
		expect((await here.feed(0, 100)).at(-1)).toMatchObject({ entity: idOf("a"), what: "running", at: 1_500 });
		expect((await here.job(idOf("a")))?.history).toHaveLength(4);
	});

	it("run again what was seen elsewhere since, though its numbers come from turns", async () => {
		await here.commitIntake(intake([arrival(acquisition("a", "A"))]));
		const job = await claimed(there, plan(acquisition("a", "A")).id);
		await here.commitIntake(intake([arrival(acquisition("moved", "A"))]));
		const missing = { class: "permanent", code: "INPUT_MISSING", message: "it is gone" } as const;
		await there.endAttempt(endOf(job, { cause: missing }));
		expect((await here.job(job.id))?.state).toBe("queued");
	});

	it("go on beside commits, failures, new versions, replays and settings: none is lost, none waits for ever", async () => {
		const random = seededRandom(20_261_121);
		const below = (bound: number) => Math.floor(random() * bound);
		const names = Array.from({ length: 60 }, (_, i) => `p${i}`);
		const hints: string[] = [];
		const granted: string[] = [];
		let over = false;
		const version = (name: string, number: number) => arrival(acquisition(name, `${name} ${number}`));
		await here.commitIntake(intake(names.map((name) => version(name, 1))));

		/** Every hint twice, as after a connection that broke: both claim, one at most gets it. */
		const relaying = async (catalog: Catalog) => {
			while (!over) {
				await catalog.wake(10_000);
				await catalog.relay(
					50,
					async (_pool, items) => {
						for (const { jobId } of items) hints.splice(below(hints.length + 1), 0, jobId, jobId);
					},
					0,
				);
			}
		};
		const end = async (catalog: Catalog, job: ClaimedJob) => {
			granted.push(`${job.id} ${job.token}`);
			if (below(4) > 0) return await catalog.commitResult(commitOf(job));
			if (below(2) > 0) return await catalog.endAttempt(endOf(job, { outcome: "lost", againAt: 9_000 }));
			return await catalog.keep(job.id, job.token, 1, 1_500);
		};
		const working = async (catalog: Catalog, worker: string) => {
			while (!over) {
				const id = hints.pop();
				if (id === undefined) await setImmediate();
				else {
					const claim = await catalog.claim(id, worker, 60_000, 10_000);
					if (claim.kind === "claimed") await end(catalog, claim.job);
				}
			}
		};
		const superseding = async (catalog: Catalog, number: number) => {
			for (const name of names) await catalog.commitIntake(intake([version(name, number)]));
		};
		const replaying = async (catalog: Catalog) => {
			for (const name of names.slice(0, 20)) {
				const old = version(name, 1).plans[0]?.id ?? "";
				await replayed(catalog, old, 5_000, "a person", plan(acquisition(name, `${name} 1`), changed));
			}
		};
		const feed: number[] = [];
		const reading = async (catalog: Catalog) => {
			while (!over) for (const { seq } of await catalog.feed(feed.at(-1) ?? 0, 1_000)) feed.push(seq);
		};
		const settings = {
			name: "elisa",
			pool: "default",
			priority: 7,
			timeoutMs: 1,
			retry: plan(acquisition("", "")).retry,
		};
		const configuring = async (catalog: Catalog) => {
			for (let i = 0; i < 20; i++) await catalog.useSettings([{ ...settings, priority: i % 9 } as never]);
		};
		const loops = [
			relaying(here),
			reading(there),
			...[here, there].flatMap((catalog, i) => [1, 2, 3, 4].map((n) => working(catalog, `worker ${i}.${n}`))),
		];
		await Promise.all([superseding(there, 2), superseding(here, 3), replaying(there), configuring(here)]);
		const patience = AbortSignal.timeout(60_000);
		while ((await here.pending()).jobs > 0 && !patience.aborted);
		over = true;
		await Promise.all(loops);

		expect(await here.countJobs()).toMatchObject({ queued: 0, running: 0, failed: 0, created: 0, dead: 0 });
		expect(new Set(granted).size).toBe(granted.length);
		const jobs = (await here.jobs({ limit: 1_000, filter: {} })).items;
		for (const { id, state, token } of jobs) {
			const life = (await here.job(id))?.history.map(({ what }) => what) ?? [];
			expect([life.at(-1), life.filter((what) => what === "running").length]).toEqual([state, token]);
		}
		const current = (await here.acquisitions({ limit: 1_000, filter: {} })).items.filter((a) => !a.supersededBy);
		for (const { id } of current) expect((await here.jobsOf(id)).map(({ state }) => state)).toContain("completed");
		const all = (await here.feed(0, 100_000)).map(({ seq }) => seq);
		expect(feed).toEqual(all.slice(0, feed.length));
		expect(await administer(url, "select deadlocks from pg_stat_database where datname = current_database()")).toEqual([
			{ deadlocks: "0" },
		]);
	}, 120_000);
});
