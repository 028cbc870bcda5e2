import { describe, expect, it } from "vitest";
import type { Catalog } from "#core/ports/catalog.ts";
import {
	acquisition,
	arrival,
	claimed,
	complete,
	endOf,
	intake,
	plan,
	queued,
	replayed,
	sha256,
} from "#test/support/acquisitions.ts";
import type { CatalogUnderTest } from "../catalog.ts";

const day = 86_400_000;

/** Of which jobs the objective of results is: each once, and none that nobody waited for. */
export function describePromises(under: () => CatalogUnderTest): void {
	describe("the promise of a result", () => {
		const isPromised = async (catalog: Catalog, id: string, now = 5_000) => (await claimed(catalog, id, now)).promised;

		it("is given with what arrives, and stays until the job ends", async () => {
			const { catalog } = under();
			const [id = ""] = await queued(catalog, "a");
			for (const outcome of ["failed", "not-ready", "lost"] as const) {
				const job = await claimed(catalog, id);
				expect(job.promised).toBe(true);
				await catalog.endAttempt(endOf(job, { outcome, againAt: 1_000 }));
			}
			expect(await isPromised(catalog, id)).toBe(true);
			expect((await catalog.wake(50_000)).reaped).toMatchObject([{ promised: true }]);
			expect(await isPromised(catalog, id, 60_000)).toBe(true);
		});

		it("is not given again when a job that has its result is replayed", async () => {
			const { catalog } = under();
			const [id = ""] = await queued(catalog, "a");
			await complete(catalog, id);
			await replayed(catalog, id, 3_000, "anna");
			expect(await isPromised(catalog, id)).toBe(false);
		});

		it("is not given again when one that is dead is replayed, whatever it died of", async () => {
			const { catalog } = under();
			const [failed = "", given = ""] = await queued(catalog, "a", "b");
			await catalog.endAttempt(endOf(await claimed(catalog, failed)));
			const cause = { class: "fault", code: "JOB_OF_NOTHING", message: "nothing is linked to it" } as const;
			expect(await catalog.giveUp(given, cause, 2_000)).toEqual({ promised: true });
			for (const id of [failed, given]) {
				await replayed(catalog, id, 3_000, "anna");
				expect(await isPromised(catalog, id)).toBe(false);
			}
		});

		it("goes over to the job of a mended analysis while there is no result, and no further", async () => {
			const { catalog } = under();
			const [plate, other] = [acquisition("a", "a"), acquisition("b", "b")];
			await catalog.commitIntake(intake([arrival(plate), arrival(other)]));
			await complete(catalog, plan(other).id);
			for (const [of, promised] of [
				[plate, true],
				[other, false],
			] as const) {
				const mended = plan(of, { analysisDigest: sha256("mended") });
				expect(await replayed(catalog, plan(of).id, 3_000, "anna", mended)).toBe("queued");
				expect(await isPromised(catalog, mended.id)).toBe(promised);
			}
		});

		it("goes with the job that a mended analysis replaces, and comes back with the analysis", async () => {
			const { catalog } = under();
			const plate = acquisition("a", "a");
			await catalog.commitIntake(intake([arrival(plate)]));
			const { id } = plan(plate);
			const mended = plan(plate, { analysisDigest: sha256("mended") });
			await replayed(catalog, id, 3_000, "anna", mended);
			await replayed(catalog, id, 3_000, "anna");
			const replaced = await claimed(catalog, id);
			expect(replaced.promised).toBe(false);
			await catalog.endAttempt(endOf(replaced, { againAt: 9_000 }));
			await catalog.endAttempt(endOf(await claimed(catalog, mended.id), { againAt: 9_000 }));
			await replayed(catalog, mended.id, 7_000, "anna", plan(plate));
			expect(await isPromised(catalog, id)).toBe(true);
		});

		it("ends with a job that is superseded; content that comes back is promised as it comes", async () => {
			const { catalog } = under();
			const content = (key: string, word: string, agoMs = 1) =>
				arrival(acquisition(key, word, { acquiredAt: 100, settledAt: 100 + agoMs }));
			const [one, two] = [content("a", "one"), content("b", "two")];
			await catalog.commitIntake(intake([one, two, content("a", "other"), content("b", "other of b")]));
			await catalog.commitIntake(intake([content("a", "one", 30 * day), content("b", "two")]));
			expect(await isPromised(catalog, plan(one.acquisition).id)).toBe(false);
			expect(await isPromised(catalog, plan(two.acquisition).id)).toBe(true);
		});

		it("is not given again when content comes back that has its result, though another run of it was superseded", async () => {
			const { catalog } = under();
			const [id = ""] = await queued(catalog, "a");
			await complete(catalog, id);
			await replayed(catalog, id, 3_000, "anna");
			await catalog.commitIntake(intake([arrival(acquisition("a", "other"))]));
			await catalog.commitIntake(intake([arrival(acquisition("a", "a"))]));
			expect(await isPromised(catalog, id)).toBe(false);
		});

		it("is not given with what had lain for a day when it was found complete", async () => {
			const { catalog } = under();
			const found = (key: string, agoMs: number) => acquisition(key, key, { acquiredAt: 100, settledAt: 100 + agoMs });
			const [old, young] = [found("a", day), found("b", day - 1)];
			// The second one of each: its key is known, and it takes the longer way.
			const [older, younger] = [found("c", day), found("d", day - 1)];
			const first = [acquisition("c", "first"), acquisition("d", "first of d")];
			await catalog.commitIntake(intake([old, young, ...first, older, younger].map((one) => arrival(one))));
			expect(await isPromised(catalog, plan(old).id)).toBe(false);
			expect(await isPromised(catalog, plan(young).id)).toBe(true);
			expect(await isPromised(catalog, plan(older).id)).toBe(false);
			expect(await isPromised(catalog, plan(younger).id)).toBe(true);
		});

		it("is not given for a pipeline that comes later, and for one whose analysis was waited for", async () => {
			const { catalog } = under();
			const [plate, waits] = [acquisition("a", "a"), acquisition("b", "b")];
			const taken = [arrival(plate), arrival(waits, { plans: [], enters: ["elisa/analysis"], waits: true })] as const;
			await catalog.commitIntake(intake(taken));
			const later = plan(plate, { pipeline: "later" });
			const departs = { room: "elisa/analysis", key: taken[1].event.id, ids: [taken[1].event.id] };
			await catalog.commitIntake(
				intake([
					{ ...taken[0], plans: [plan(plate), later] },
					{ ...taken[1], enters: [], plans: [plan(waits)], departs },
				]),
			);
			expect(await isPromised(catalog, later.id)).toBe(false);
			expect(await isPromised(catalog, plan(waits).id)).toBe(true);
		});

		it("is given for the pipelines whose stages it went through, when they come for it, and for no other", async () => {
			const { catalog } = under();
			const [plate, again] = [acquisition("a", "a"), acquisition("a", "a")];
			const of = (pipeline: string) => plan(plate, { pipeline });
			const first = arrival(plate, { plans: [], waits: true, awaits: ["routed"] });
			// The same content as another event, which a pipeline more awaits.
			const second = arrival(again, { plans: [], waits: true, awaits: ["routed", "shouted"] });
			await catalog.commitIntake(intake([first, { ...first, plans: [of("routed")] }, second]));
			await catalog.commitIntake(
				intake([
					{ ...first, plans: [of("later")] },
					{ ...second, plans: [of("shouted")] },
				]),
			);
			expect(await isPromised(catalog, of("routed").id)).toBe(true);
			expect(await isPromised(catalog, of("later").id)).toBe(false);
			expect(await isPromised(catalog, of("shouted").id)).toBe(true);
		});
	});
}
