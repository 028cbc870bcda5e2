import { describe, expect, it } from "vitest";
import type { Catalog } from "#core/ports/catalog.ts";
import { withSampled } from "#core/trace.ts";
import {
	acquisition,
	arrival,
	claimed,
	endOf,
	intake,
	outcomeKinds,
	plan,
	queued,
	replayed,
	traceparent,
} from "#test/support/acquisitions.ts";
import type { CatalogUnderTest } from "../catalog.ts";

const minute = 60_000;

export function describeLosses(under: () => CatalogUnderTest): void {
	describe("leases that begin anew", () => {
		it("are over as late as ones that are given now, and no later", async () => {
			const { catalog } = under();
			const [short = "", long = "", waits = ""] = await queued(catalog, "a", "b", "c");
			await catalog.claim(short, "w", 1_000, 1_000);
			await catalog.claim(long, "w", 90_000, 1_000);
			await catalog.endAttempt(endOf(await claimed(catalog, waits), { againAt: 5_000 }));
			await catalog.renewLeases(50_000);
			const until = async (id: string) => (await catalog.job(id))?.leaseUntil;
			expect([await until(short), await until(long)]).toEqual([80_000, 91_000]);
			expect((await catalog.job(waits))?.runAfter).toBe(5_000);
		});
	});

	describe("a lease, when the clock is stepped back an hour", () => {
		const hour = 60 * minute;
		const noon = 100 * hour;

		it("is over no later than one that is given now", async () => {
			const { catalog } = under();
			const [id = ""] = await queued(catalog, "a");
			await claimed(catalog, id, noon);
			await catalog.wake(noon);
			expect(await catalog.wake(noon - hour)).toMatchObject({ reaped: [] });
			expect(await catalog.wake(noon - hour + 30_000)).toMatchObject({ reaped: [{ job: id }] });
		});

		it("is over no later either where the worker and we were killed meanwhile", async () => {
			const { catalog, reopen } = under();
			const [id = ""] = await queued(catalog, "a");
			await claimed(catalog, id, noon);
			const again = await reopen();
			await again.wake(noon - hour);
			expect(await again.wake(noon - hour + 30_000)).toMatchObject({ reaped: [{ job: id }] });
			expect(catalog).not.toBe(again);
		});

		it("moves what waits in a room with it", async () => {
			const { catalog } = under();
			const room = catalog.room<string>("screen");
			const members = await room.put({ key: "k", id: "i", value: "v", since: noon, dueAt: noon + minute });
			await catalog.shift(-hour);
			expect(await room.nextDue()).toBe(noon - hour + minute);
			await room.leave("k", members ?? []);
			expect(await room.nextDue()).toBeUndefined();
		});
	});

	describe("a job whose workers are lost", () => {
		/** Claims and lets the lease end, so many times. */
		async function lose(catalog: Catalog, id: string, times: number, reap = "wake", began = true): Promise<void> {
			for (let i = 0; i < times; i++) {
				const at = (await catalog.job(id))?.updatedAt ?? 0;
				const claim = await catalog.claim(id, `host:${i}`, 1_000, at + 2_000);
				if (began && claim.kind === "claimed") await catalog.began(id, claim.job.token, at + 2_000);
				if (reap === "wake") await catalog.wake(at + 4_000);
			}
		}

		it("is dead after twenty in a row, and says why", async () => {
			const { catalog } = under();
			const [id = ""] = await queued(catalog, "a");
			await lose(catalog, id, 19);
			expect(await catalog.job(id)).toMatchObject({ state: "queued", attemptsUsed: 0 });
			await lose(catalog, id, 1);
			expect(await catalog.job(id)).toMatchObject({
				state: "dead",
				cause: { code: "WORKER_LOST", message: "20 workers in a row were lost while they ran it, the last one host:0" },
			});
			expect(await outcomeKinds(catalog)).toEqual(["a dead"]);
			expect(await catalog.pending()).toMatchObject({ jobs: 0, strays: 20 });
		});

		it("is dead as well where it is another claim that finds the lease over", async () => {
			const { catalog } = under();
			const [id = ""] = await queued(catalog, "a");
			await lose(catalog, id, 20, "claim");
			expect((await catalog.job(id))?.state).toBe("running");
			const now = ((await catalog.job(id))?.updatedAt ?? 0) + 2_000;
			expect(await catalog.claim(id, "w", minute, now)).toMatchObject({
				kind: "forget",
				why: "it is dead",
				lost: { job: id, isDead: true },
			});
		});

		it("is told of by who takes it back, once: whose it was, and what becomes of it", async () => {
			const { catalog } = under();
			const [id = ""] = await queued(catalog, "a");
			await lose(catalog, id, 19);
			await catalog.claim(id, "host:19", 1_000, 100_000);
			await catalog.began(id, 20, 100_000);
			const told = {
				job: id,
				pipeline: "elisa",
				pool: "default",
				source: "plates",
				key: "a",
				traceparent,
				attempt: 1,
				worker: "host:19",
				startedAt: 100_000,
				endedAt: 102_000,
				isDead: true,
				cause: { code: "WORKER_LOST", class: "permanent" },
			};
			expect(await catalog.wake(102_000)).toMatchObject({ retried: 0, reaped: [told] });
			expect(await catalog.wake(103_000)).toEqual({ retried: 0, reaped: [] });
		});

		it("is told of by the claim that takes it over, and not by those that do not", async () => {
			const { catalog } = under();
			const [id = ""] = await queued(catalog, "a");
			await catalog.claim(id, "host:1", 1_000, 1_000);
			expect(await catalog.claim(id, "host:2", minute, 1_500)).toEqual({ kind: "forget", why: "host:1 runs it" });
			expect(await catalog.claim(id, "host:2", minute, 5_000)).toMatchObject({
				kind: "claimed",
				lost: { job: id, worker: "host:1", isDead: false, cause: { code: "WORKER_LOST", class: "transient" } },
			});
			expect(await catalog.wake(6_000)).toEqual({ retried: 0, reaped: [] });
		});

		it("has its trace kept from then on, whatever sampling says", async () => {
			const { catalog } = under();
			const plate = acquisition("a", "a");
			const { event, ...rest } = arrival(plate);
			const unsampled = withSampled({ traceparent }, false);
			await catalog.commitIntake(intake([{ ...rest, event: { ...event, ...unsampled } }]));
			const { id } = plan(plate);
			expect((await claimed(catalog, id, 1_000)).traceparent).toBe(unsampled.traceparent);
			expect((await claimed(catalog, id, 40_000)).traceparent).toBe(traceparent);
			expect(await catalog.wake(90_000)).toMatchObject({ reaped: [{ traceparent }] });
			const hinted: string[] = [];
			await catalog.relay(9, async (_, items) => void hinted.push(...items.map((item) => item.traceparent)), 0);
			expect(hinted.at(-1)).toBe(traceparent);
		});

		it.each(["failed", "not-ready"] as const)("begins to count anew after an attempt that was %s", async (outcome) => {
			const { catalog } = under();
			const [id = ""] = await queued(catalog, "a");
			await lose(catalog, id, 19);
			const now = 1_000_000;
			await catalog.endAttempt(endOf(await claimed(catalog, id, now), { outcome, now, againAt: now }));
			await lose(catalog, id, 19);
			expect((await catalog.job(id))?.state).toBe("queued");
		});

		it.each(["wake", "claim"])("does not count one whose run never began, found by a %s", async (reap) => {
			const { catalog } = under();
			const [id = ""] = await queued(catalog, "a");
			await lose(catalog, id, 19);
			await lose(catalog, id, 30, reap, false);
			expect((await catalog.job(id))?.state).not.toBe("dead");
			await lose(catalog, id, 1);
			expect((await catalog.job(id))?.state).toBe("dead");
		});

		it("does not count a worker that gave it back", async () => {
			const { catalog } = under();
			const [id = ""] = await queued(catalog, "a");
			await lose(catalog, id, 19);
			for (let now = 1_000_000; now < 1_000_030; now++) {
				await catalog.endAttempt(endOf(await claimed(catalog, id, now), { outcome: "lost", now, againAt: now }));
			}
			expect((await catalog.job(id))?.state).toBe("failed");
			await lose(catalog, id, 1);
			expect((await catalog.job(id))?.state).toBe("dead");
		});

		it("counts anew when it is replayed", async () => {
			const { catalog } = under();
			const [id = ""] = await queued(catalog, "a");
			await lose(catalog, id, 20);
			await replayed(catalog, id, 1_000_000, "anna");
			await lose(catalog, id, 19);
			expect((await catalog.job(id))?.state).toBe("queued");
		});
	});
}
