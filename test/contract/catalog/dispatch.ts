import { describe, expect, it } from "vitest";
import { transient } from "#core/errors.ts";
import type { Catalog } from "#core/ports/catalog.ts";
import type { PipelineSettings } from "#domain/settings.ts";
import {
	acquisition,
	arrival,
	claimed,
	commitOf,
	complete,
	endOf,
	intake,
	plan,
	queued,
	relayed,
	replayed,
	sha256,
} from "#test/support/acquisitions.ts";
import type { CatalogUnderTest } from "../catalog.ts";

const minute = 60_000;

export function describeDispatch(under: () => CatalogUnderTest): void {
	describe("relay", () => {
		it("hands hints over in order, and forgets them once they were taken", async () => {
			const { catalog } = under();
			const plates = ["a", "b", "c"].map((name) => acquisition(name, name));
			await catalog.commitIntake(intake(plates.map((plate) => arrival(plate))));
			expect(await relayed(catalog)).toEqual(plates.map((plate) => plan(plate).id));
			expect(await relayed(catalog)).toEqual([]);
		});

		it("keeps hints that were not taken", async () => {
			const { catalog } = under();
			await catalog.commitIntake(intake([arrival(acquisition("a", "A"))]));
			const broken = catalog.relay(10, () => Promise.reject(transient("BROKER_AWAY", "no connection")), 0);
			await expect(broken).rejects.toMatchObject({ code: "BROKER_AWAY" });
			expect((await catalog.pending()).outbox).toBe(1);
		});

		it("passes by a pool whose queue is full, and keeps its hints", async () => {
			const { catalog } = under();
			const slow = ["a", "b", "c"].map((name) => acquisition(name, name));
			const fast = acquisition("d", "d");
			await catalog.commitIntake(
				intake([
					...slow.map((each) => arrival(each, { plans: [plan(each, { pool: "slow" })] })),
					arrival(fast, { plans: [plan(fast, { pool: "fast" })] }),
				]),
			);
			const taken: string[] = [];
			const send = async (pool: string) => {
				if (pool === "slow") throw transient("QUEUE_FULL", "the queue is at its bound");
				taken.push(pool);
			};
			expect(await catalog.relay(2, send, 0)).toBe(1);
			expect(taken).toEqual(["fast"]);
			expect((await catalog.pending()).outbox).toBe(3);
			expect(await catalog.relay(2, send, 0)).toBe(0);
		});

		it("loses no hint when two relay at a time", async () => {
			const { catalog } = under();
			const plates = Array.from({ length: 50 }, (_, i) => acquisition(`p${i}`, `C${i}`));
			await catalog.commitIntake(intake(plates.map((plate) => arrival(plate))));
			const taken = (await Promise.all([relayed(catalog), relayed(catalog)])).flat();
			expect(new Set(taken)).toEqual(new Set(plates.map((plate) => plan(plate).id)));
			expect((await catalog.pending()).outbox).toBe(0);
		});

		it("puts every queued job into the outbox again after the queue was lost", async () => {
			const { catalog } = under();
			const [running, ...waiting] = await queued(catalog, "a", "b", "c");
			await claimed(catalog, running ?? "");
			expect(await catalog.requeueAll(1_000)).toBe(2);
			expect(await catalog.requeueAll(1_000)).toBe(0);
			expect((await relayed(catalog)).sort()).toEqual(waiting.sort());
		});
	});

	describe("wake", () => {
		it("queues a failed job when its time has come, and not before", async () => {
			const { catalog } = under();
			const [id = ""] = await queued(catalog, "a");
			await catalog.endAttempt(endOf(await claimed(catalog, id), { now: 2_000, againAt: 7_000 }));
			expect(await catalog.wake(6_999)).toMatchObject({ retried: 0 });
			expect(await catalog.claim(id, "w", minute, 6_999)).toMatchObject({ kind: "forget" });
			expect(await catalog.wake(7_000)).toMatchObject({ retried: 1 });
			expect(await relayed(catalog)).toEqual([id]);
			expect(await catalog.wake(7_000)).toMatchObject({ retried: 0 });
			expect((await claimed(catalog, id, 7_000)).attempt).toBe(2);
		});

		it("queues a job that was not ready when its time has come", async () => {
			const { catalog } = under();
			const [id = ""] = await queued(catalog, "a");
			await catalog.endAttempt(endOf(await claimed(catalog, id), { outcome: "not-ready", againAt: 7_000 }));
			expect((await catalog.job(id))?.state).toBe("created");
			expect(await catalog.wake(7_000)).toMatchObject({ retried: 1 });
			expect((await catalog.job(id))?.state).toBe("queued");
		});

		it("takes back what runs under a lease that is over", async () => {
			const { catalog } = under();
			const [id = ""] = await queued(catalog, "a");
			const job = await claimed(catalog, id, 1_000);
			expect(await catalog.wake(30_999)).toMatchObject({ reaped: [] });
			expect(await catalog.wake(31_000)).toMatchObject({ retried: 0, reaped: [{ job: id }] });
			expect(await relayed(catalog)).toEqual([id]);
			expect(await catalog.commitResult(commitOf(job))).toBe(false);
			expect((await catalog.job(id))?.attempts).toMatchObject([{ outcome: "lost", endedAt: 31_000 }]);
			expect(await claimed(catalog, id, 31_000)).toMatchObject({ token: job.token + 1, attempt: 1 });
		});

		it("leaves alone what keeps its lease", async () => {
			const { catalog } = under();
			const [id = ""] = await queued(catalog, "a");
			const { token } = await claimed(catalog, id, 1_000);
			expect(await catalog.keep(id, token, minute, 20_000)).toBe(true);
			expect(await catalog.wake(79_999)).toMatchObject({ reaped: [] });
			expect(await catalog.keep(id, token + 1, minute, 20_000)).toBe(false);
		});

		it("moves more jobs than fit one turn", async () => {
			const { catalog } = under();
			const names = Array.from({ length: 1_101 }, (_, i) => `p${i}`);
			for (const id of await queued(catalog, ...names)) await catalog.claim(id, "w", 10, 1_000);
			expect((await catalog.wake(5_000)).reaped).toHaveLength(1_101);
		});

		it("delays no retry by an hour when the clock is stepped back an hour", async () => {
			const { catalog, reopen } = under();
			const hour = 60 * minute;
			const noon = 100 * hour;
			const [running = "", afterRestart = ""] = await queued(catalog, "a", "b");
			for (const id of [running, afterRestart]) {
				const job = await claimed(catalog, id, noon);
				await catalog.endAttempt(endOf(job, { now: noon, againAt: noon + 30_000 }));
				expect(await catalog.wake(noon)).toMatchObject({ retried: 0 });
				const wake = id === running ? catalog.wake(noon - hour) : (await reopen()).wake(noon - hour);
				expect(await wake).toMatchObject({ retried: 1 });
			}
		});
	});

	describe("the settings of now", () => {
		const plate = acquisition("a", "a");
		const { id } = plan(plate);
		const now: PipelineSettings = {
			name: "elisa",
			from: "plates",
			stages: [],
			analysis: { file: "/analyses/elisa.R", files: [] },
			params: {},
			pool: "large",
			priority: 9,
			timeoutMs: 3_600_000,
			retry: { attempts: 7, backoffMs: 1, maxBackoffMs: 2 },
			retryOn: [],
		};
		const { pool, priority, timeoutMs, retry } = now;
		const planNow = plan(plate, { pool, priority, timeoutMs, retry });
		const pools = async (catalog: Catalog) => {
			const found: string[] = [];
			await catalog.relay(9, async (pool, items) => void found.push(...items.map(() => pool)), 0);
			return found;
		};

		it("are those of jobs that wait, also of their hints", async () => {
			const { catalog } = under();
			await catalog.commitIntake(intake([arrival(plate)]));
			await catalog.useSettings([now]);
			expect(await pools(catalog)).toEqual(["large"]);
			await catalog.requeueAll(2_000);
			expect(await pools(catalog)).toEqual(["large"]);
			expect((await claimed(catalog, id)).plan).toEqual(planNow);
		});

		it("are not those of another pipeline, nor of jobs that are over", async () => {
			const { catalog } = under();
			await catalog.commitIntake(intake([arrival(plate)]));
			await catalog.useSettings([{ ...now, name: "other" }]);
			await complete(catalog, id);
			await catalog.useSettings([now]);
			expect((await catalog.job(id))?.pool).toBe("default");
		});

		it("are those of a replay", async () => {
			const { catalog } = under();
			const [dead = ""] = await queued(catalog, "a");
			await catalog.endAttempt(endOf(await claimed(catalog, dead)));
			await replayed(catalog, dead, 3_000, "anna", planNow);
			expect(await pools(catalog)).toEqual(["large"]);
			expect((await claimed(catalog, dead, 3_000)).plan).toEqual(planNow);
		});

		it("are those of an arrival that queues a job again", async () => {
			const { catalog } = under();
			await queued(catalog, "a");
			await catalog.endAttempt(endOf(await claimed(catalog, id), { outcome: "not-ready", againAt: 90_000 }));
			await catalog.commitIntake(intake([arrival(plate, { plans: [planNow] })]));
			expect(await pools(catalog)).toEqual(["large"]);
			expect((await claimed(catalog, id)).plan).toEqual(planNow);
		});
	});

	describe("replay", () => {
		it("queues a dead job again with its attempts counted anew", async () => {
			const { catalog } = under();
			const [id = ""] = await queued(catalog, "a");
			await catalog.endAttempt(endOf(await claimed(catalog, id)));
			expect((await catalog.job(id))?.state).toBe("dead");
			expect(await replayed(catalog, id, 3_000, "anna")).toBe("queued");
			expect(await relayed(catalog)).toEqual([id]);
			const job = await claimed(catalog, id, 3_000);
			expect(job).toMatchObject({ attempt: 1, token: 2 });
			expect((await catalog.job(id))?.history.map(({ detail }) => detail)).toContain("replayed by anna");
		});

		it("supersedes the earlier result of a completed job by that of the new run", async () => {
			const { catalog } = under();
			const [id = ""] = await queued(catalog, "a");
			const first = await complete(catalog, id);
			expect(await replayed(catalog, id, 3_000, "anna")).toBe("queued");
			expect((await catalog.result(first))?.state).toBe("current");
			const second = await complete(catalog, id, 4_000);
			expect(await catalog.result(first)).toMatchObject({ state: "superseded", supersededBy: second });
			expect(await catalog.result(second)).toMatchObject({ state: "current" });
			expect((await catalog.job(id))?.result).toBe(second);
		});

		describe("after the analysis was changed", () => {
			const changed = (key: string) => plan(acquisition(key, key), { analysisDigest: sha256("changed") });

			it("makes a job of its own for the same acquisition; the dead one is superseded", async () => {
				const { catalog } = under();
				const [id = ""] = await queued(catalog, "a");
				await catalog.endAttempt(endOf(await claimed(catalog, id)));
				expect(await replayed(catalog, id, 3_000, "anna", changed("a"))).toBe("queued");
				expect(await relayed(catalog)).toEqual([changed("a").id]);
				expect((await catalog.job(id))?.state).toBe("superseded");
				const job = await claimed(catalog, changed("a").id, 3_000);
				expect(job.inputs[0].acquisition.key).toBe("a");
				expect(job.plan.analysisDigest).toBe(sha256("changed"));
			});

			it("supersedes the older result once the new job has one, and not before", async () => {
				const { catalog } = under();
				const [id = ""] = await queued(catalog, "a");
				const older = await complete(catalog, id);
				expect(await replayed(catalog, id, 3_000, "anna", changed("a"))).toBe("queued");
				expect((await catalog.result(older))?.state).toBe("current");
				const newer = await complete(catalog, changed("a").id, 4_000);
				expect(await catalog.result(older)).toMatchObject({ state: "superseded", supersededBy: newer });
				expect(await catalog.result(newer)).toMatchObject({ state: "current" });
			});

			it("and back: the result of the first analysis is current again, and nothing is run", async () => {
				const { catalog } = under();
				const [id = ""] = await queued(catalog, "a");
				const first = await complete(catalog, id);
				await replayed(catalog, id, 3_000, "anna", changed("a"));
				const second = await complete(catalog, changed("a").id, 4_000);
				await relayed(catalog);
				expect(await replayed(catalog, changed("a").id, 5_000, "anna", plan(acquisition("a", "a")))).toBe("already");
				expect(await relayed(catalog)).toEqual([]);
				expect(await catalog.result(first)).toMatchObject({ state: "current" });
				expect(await catalog.result(second)).toMatchObject({ state: "superseded", supersededBy: first });
			});
		});

		it("says when there is nothing to replay", async () => {
			const { catalog } = under();
			const [id = ""] = await queued(catalog, "a");
			expect(await replayed(catalog, id, 1_000, "anna")).toBe("already");
			expect(await replayed(catalog, "j0", 1_000, "anna")).toBe("unknown");
		});
	});
}
