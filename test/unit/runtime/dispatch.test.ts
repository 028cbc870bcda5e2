import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Clock, systemClock } from "#core/clock.ts";
import { transient } from "#core/errors.ts";
import type { WorkQueue } from "#core/ports/work-queue.ts";
import { WakeUp } from "#core/wake-up.ts";
import { Dispatch } from "#runtime/dispatch.ts";
import { acquisition, arrival, claimed, endOf, intake, plan } from "#test/support/acquisitions.ts";
import { collectedSpans } from "#test/support/collected-spans.ts";
import { SetClock } from "#test/support/set-clock.ts";
import { Spine, until } from "#test/support/spine.ts";

describe("the dispatch", () => {
	let spine: Spine;
	let moved: WakeUp;
	let dispatch: Dispatch;
	const { tracer, spans } = collectedSpans();
	beforeEach(async () => {
		spine = await Spine.open();
		moved = new WakeUp();
		dispatch = make();
	});
	afterEach(async () => {
		await dispatch.stop();
		await spine.close();
	});

	const make = (queue: Pick<WorkQueue, "enqueue"> = spine.queue, clock: Clock = systemClock) => {
		const { catalog, objects, report, onBroken } = spine;
		return new Dispatch({ catalog, queue: queue as WorkQueue, objects, clock, report, tracer, moved, onBroken });
	};
	const takeIn = async (...names: string[]) => {
		const taken = names.map((name) => acquisition(name, name));
		await spine.catalog.commitIntake(intake(taken.map((each) => arrival(each))));
		moved.ring();
		return taken.map((each) => plan(each).id);
	};
	const hinted = async (count: number) => {
		const jobs: string[] = [];
		const patience = AbortSignal.timeout(15_000);
		while (jobs.length < count && !patience.aborted) {
			for (const { item, ack } of await spine.queue.take("default", count, patience)) {
				jobs.push(item.jobId);
				await ack();
			}
		}
		return jobs;
	};

	it("brings hints of new jobs to the queue", async () => {
		dispatch.start();
		const jobs = await takeIn("a", "b");
		expect(await hinted(2)).toEqual(jobs);
	});

	it("brings a retry when its time has come, and what lost its lease", async () => {
		const [failed = "", lost = ""] = await takeIn("a", "b");
		dispatch.start();
		await hinted(2);
		const now = Date.now();
		await spine.catalog.endAttempt(endOf(await claimed(spine.catalog, failed, now), { now, againAt: now + 100 }));
		await spine.catalog.claim(lost, "w", 200, now);
		expect((await hinted(2)).sort()).toEqual([failed, lost].sort());
		await until("both are told", () => {
			const woken = spine.events("jobs.woken");
			const sum = (name: "retried" | "reaped") => woken.reduce((all, event) => all + event[name], 0);
			return sum("retried") === 1 && sum("reaped") === 1;
		});
	});

	it("tells of what was lost with its worker, and of what died of it, each once", async () => {
		const [lost = "", dead = ""] = await takeIn("a", "b");
		const lose = async (job: string, now: number) => {
			const { token } = await claimed(spine.catalog, job, now);
			await spine.catalog.began(job, token, now);
		};
		for (let i = 0; i < 19; i++) {
			await lose(dead, i * 60_000);
			await spine.catalog.wake(i * 60_000 + 30_000);
		}
		for (const job of [lost, dead]) await lose(job, 1_200_000);
		spans.length = 0;
		dispatch.start();
		await until("both are taken back", () => spine.events("jobs.woken").some(({ reaped }) => reaped === 2));
		expect((await hinted(1)).includes(dead)).toBe(false);
		const common = { pipeline: "elisa", source: "plates", code: "WORKER_LOST", worker: "worker-1" };
		expect(spine.events("job.lost").sort((a, b) => a.key.localeCompare(b.key))).toMatchObject([
			{ ...common, job: lost, key: "a", isDead: false },
			{ ...common, job: dead, key: "b", isDead: true },
		]);
		const attempt = { hop: "attempt", failure: { code: "WORKER_LOST" } };
		expect(spans).toMatchObject([
			{ ...attempt, attributes: { "watchrabbit.attempt": 1, "watchrabbit.outcome": "lost" } },
			{ ...attempt, startMs: 1_200_000 },
		]);
	});

	it("takes nothing from its worker because the clock was set forward, and does when a lease is over by itself", async () => {
		const clock = new SetClock();
		dispatch = make(spine.queue, clock);
		const [job = ""] = await takeIn("a");
		dispatch.start();
		await hinted(1);
		await claimed(spine.catalog, job, clock.now());
		clock.byMs = 3_600_000;
		const leaseUntil = async () => (await spine.catalog.job(job))?.leaseUntil ?? 0;
		await until("the lease begins anew", async () => (await leaseUntil()) > clock.now());
		expect(await spine.catalog.job(job)).toMatchObject({ state: "running", token: 1 });
		await spine.catalog.endLeases(clock.now());
		expect(await hinted(1)).toEqual([job]);
	});

	it("keeps its hints while the queue is away", async () => {
		let failures = 3;
		dispatch = make({
			enqueue: async (pool, items) => {
				if (failures-- > 0) throw transient("BROKER_AWAY", "no connection");
				await spine.queue.enqueue(pool, items);
			},
		});
		dispatch.start();
		const jobs = await takeIn("a");
		expect(await hinted(1)).toEqual(jobs);
		expect(spine.events("neighbour.away")).toMatchObject([{ neighbour: "work queue" }]);
		// The row goes after the queue has answered: the hint is seen a moment earlier.
		await until("the outbox is empty", async () => (await spine.catalog.pending()).outbox === 0);
	});

	it("can be stopped before it is started, and twice", async () => {
		await dispatch.stop();
		dispatch.start();
		await dispatch.stop();
		await takeIn("a");
		expect((await spine.catalog.pending()).outbox).toBe(1);
	});
});
