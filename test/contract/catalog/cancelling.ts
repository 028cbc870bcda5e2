import { describe, expect, it } from "vitest";
import type { Catalog } from "#core/ports/catalog.ts";
import {
	acquisition,
	arrival,
	claimed,
	commitOf,
	complete,
	endOf,
	intake,
	outcomeKinds,
	queued,
	relayed,
} from "#test/support/acquisitions.ts";
import type { CatalogUnderTest } from "../catalog.ts";
import { expectCounted } from "./counts.ts";
import { ask, on } from "./operations.ts";

const cancel = (catalog: Catalog, job: string) => ask(catalog, "cancel", on("job", job), { why: "wrong plate" }, 4_000);

/** A job in each of the states in which something is to come of it. */
const ways: Readonly<Record<string, (catalog: Catalog, job: string) => Promise<unknown>>> = {
	queued: async () => {},
	running: (catalog, job) => claimed(catalog, job),
	failed: async (catalog, job) => catalog.endAttempt(endOf(await claimed(catalog, job), { againAt: 9_000 })),
	created: async (catalog, job) =>
		catalog.endAttempt(endOf(await claimed(catalog, job), { outcome: "not-ready", againAt: 9_000 })),
};

/** Who cancels a job ends it, wherever it is on its way. */
export function describeCancelling(under: () => CatalogUnderTest): void {
	describe("a job that is cancelled", () => {
		it.each(Object.keys(ways))(
			"while it is %s is over, its acquisition hears of it, and nobody claims it",
			async (state) => {
				const { catalog } = under();
				const [job = ""] = await queued(catalog, "a");
				await ways[state]?.(catalog, job);
				expect((await catalog.job(job))?.state).toBe(state);
				const { operation, already } = await cancel(catalog, job);
				expect(already).toBe(false);
				expect(operation).toMatchObject({ state: "completed", source: "plates", pipeline: "elisa" });
				const row = await catalog.job(job);
				expect(row).toMatchObject({
					state: "cancelled",
					cause: { code: "CANCELLED", message: "cancelled by user:anna: wrong plate" },
					leaseOwner: undefined,
					runAfter: undefined,
				});
				expect(row?.history.at(-1)).toMatchObject({ what: "cancelled", detail: "cancelled by user:anna: wrong plate" });
				expect((await outcomeKinds(catalog)).at(-1)).toBe("a cancelled");
				expect(await catalog.claim(job, "worker-2", 30_000, 99_000)).toMatchObject({ kind: "forget" });
				expect(await catalog.wake(99_000)).toEqual({ retried: 0, reaped: [] });
				expect(await expectCounted(catalog)).toMatchObject({ cancelled: 1 });
				expect((await catalog.pending()).jobs).toBe(0);
				expect((await cancel(catalog, job)).already).toBe(true);
			},
		);

		it("while it runs commits nothing, and what it stored is swept", async () => {
			const { catalog } = under();
			const [job = ""] = await queued(catalog, "a");
			const run = await claimed(catalog, job);
			await catalog.began(job, run.token, 1_600);
			await cancel(catalog, job);
			expect(await catalog.keep(job, run.token, 30_000, 4_100)).toBe(false);
			expect(await catalog.commitResult(commitOf(run, {}, 4_200))).toBe(false);
			expect(await catalog.endAttempt(endOf(run, { now: 4_300, outcome: "lost", againAt: 4_300 }))).toBe(false);
			expect((await catalog.job(job))?.attempts).toMatchObject([{ outcome: "cancelled", endedAt: 4_000 }]);
			expect((await catalog.results({ limit: 10, filter: {} })).items).toEqual([]);
			const strays = await catalog.strays(10);
			expect(strays.length).toBeGreaterThan(0);
			expect(strays.every((stray) => stray.job === job && stray.token === run.token)).toBe(true);
		});

		it("is run again by a replay, under another token", async () => {
			const { catalog } = under();
			const [job = ""] = await queued(catalog, "a");
			const run = await claimed(catalog, job);
			await cancel(catalog, job);
			await ask(catalog, "replay", on("job", job));
			expect(await relayed(catalog)).toEqual([job]);
			const again = await claimed(catalog, job, 5_000);
			expect(again.token).toBeGreaterThan(run.token);
			expect(await catalog.commitResult(commitOf(run))).toBe(false);
			expect(await catalog.commitResult(commitOf(again, {}, 6_000))).toBe(true);
			expect(await expectCounted(catalog)).toMatchObject({ completed: 1 });
		});

		it("stays so when its content comes again, which is told", async () => {
			const { catalog } = under();
			const [job = ""] = await queued(catalog, "a");
			await cancel(catalog, job);
			await catalog.commitIntake(intake([arrival(acquisition("copy", "a"))]));
			expect((await catalog.job(job))?.state).toBe("cancelled");
			expect((await outcomeKinds(catalog)).at(-1)).toBe("copy cancelled");
		});

		it("was not over: what is refused, and says what to do instead", async () => {
			const { catalog } = under();
			const [done = "", dead = "", old = ""] = await queued(catalog, "a", "b", "c");
			await complete(catalog, done);
			await catalog.endAttempt(endOf(await claimed(catalog, dead)));
			await catalog.commitIntake(intake([arrival(acquisition("c", "C2"))]));
			const fixes = { [done]: "watchrabbit replay", [dead]: "watchrabbit show", [old]: "watchrabbit show" };
			for (const [job, fix] of Object.entries(fixes)) {
				const refusal = { code: "OPERATION_REFUSED", class: "permanent", fix: expect.stringContaining(fix) };
				await expect(cancel(catalog, job)).rejects.toMatchObject(refusal);
			}
			expect(await expectCounted(catalog)).toMatchObject({ completed: 1, dead: 1, superseded: 1, cancelled: 0 });
		});

		it("or committed: one of both, whatever comes first", async () => {
			const { catalog } = under();
			const jobs = await queued(catalog, ...Array.from({ length: 12 }, (_, i) => `p${i}`));
			const runs = await Promise.all(jobs.map((job) => claimed(catalog, job)));
			const outcomes = await Promise.all(
				runs.map(async (run) => {
					const [committed, cancelled] = await Promise.all([
						catalog.commitResult(commitOf(run)),
						cancel(catalog, run.id).then(
							() => true,
							() => false,
						),
					]);
					return { committed, cancelled };
				}),
			);
			expect(outcomes.every(({ committed, cancelled }) => committed !== cancelled)).toBe(true);
			const completed = outcomes.filter(({ committed }) => committed).length;
			expect(await expectCounted(catalog)).toMatchObject({ completed, cancelled: 12 - completed, running: 0 });
		});
	});
}
