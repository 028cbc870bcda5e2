import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Catalog } from "#core/ports/catalog.ts";
import { acquisition, arrival, claimed, commitOf, complete, endOf, intake, plan } from "#test/support/acquisitions.ts";
import type { CatalogUnderTest, Quantities } from "../catalog.ts";
import { SupersedingModel } from "./superseding-model.ts";

export function describeSuperseding(under: () => CatalogUnderTest, { sequences }: Quantities): void {
	describe("superseding of results", () => {
		const take = (catalog: Catalog, key: string, content: string) =>
			catalog.commitIntake(intake([arrival(acquisition(key, content))]));
		const job = (content: string) => plan(acquisition("any", content)).id;
		const states = async (catalog: Catalog) => {
			const { items } = await catalog.results({ limit: 100, order: "asc", filter: {} });
			return items.map(({ state }) => state);
		};

		it("waits until the new version has a result, and names it", async () => {
			const { catalog } = under();
			await take(catalog, "a", "A");
			const older = await complete(catalog, job("A"), 2_000);
			await take(catalog, "a", "B");
			expect(await states(catalog)).toEqual(["current"]);
			const newer = await complete(catalog, job("B"), 3_000);
			expect(await catalog.result(older)).toMatchObject({ state: "superseded", supersededBy: newer });
			expect((await catalog.history(older)).map(({ what }) => what)).toEqual(["committed", "superseded"]);
		});

		it("makes a result current again when its content comes back, and supersedes the one between", async () => {
			const { catalog } = under();
			await take(catalog, "a", "A");
			const first = await complete(catalog, job("A"), 2_000);
			await take(catalog, "a", "B");
			const between = await complete(catalog, job("B"), 3_000);
			await take(catalog, "a", "A");
			expect(await catalog.result(first)).toMatchObject({ state: "current", supersededBy: undefined });
			expect(await catalog.result(between)).toMatchObject({ state: "superseded", supersededBy: first });
		});

		it("happens at once when the new version's content was analysed before, elsewhere", async () => {
			const { catalog } = under();
			await take(catalog, "a", "A");
			await take(catalog, "b", "B");
			const ofA = await complete(catalog, job("A"), 2_000);
			const ofB = await complete(catalog, job("B"), 3_000);
			await take(catalog, "a", "B");
			expect(await catalog.result(ofA)).toMatchObject({ state: "superseded", supersededBy: ofB });
		});

		it("spares a result that a current copy shares", async () => {
			const { catalog } = under();
			await take(catalog, "a", "A");
			await take(catalog, "copy", "A");
			const shared = await complete(catalog, job("A"), 2_000);
			await take(catalog, "a", "B");
			await complete(catalog, job("B"), 3_000);
			expect((await catalog.result(shared))?.state).toBe("current");
		});

		it("reaches a result that comes late, when the newer version was quicker", async () => {
			const { catalog } = under();
			await take(catalog, "a", "A");
			const slow = await claimed(catalog, job("A"));
			await take(catalog, "a", "B");
			const quick = await complete(catalog, job("B"), 2_000);
			const late = commitOf(slow, {}, 3_000);
			await catalog.commitResult(late);
			expect(await catalog.result(late.manifest.result)).toMatchObject({ state: "superseded", supersededBy: quick });
		});

		it("keeps pipelines apart", async () => {
			const { catalog } = under();
			const [older, newer] = [acquisition("a", "A"), acquisition("a", "B")];
			await catalog.commitIntake(intake([arrival(older)]));
			const result = await complete(catalog, plan(older).id);
			const other = plan(newer, { pipeline: "qc" });
			await catalog.commitIntake(intake([arrival(newer, { plans: [other] })]));
			await complete(catalog, other.id);
			expect((await catalog.result(result))?.state).toBe("current");
		});

		it("follows its rule through any sequence of events", async () => {
			const { catalog } = under();
			const content = fc.constantFrom("A", "B", "C");
			const step = fc.oneof(
				{
					weight: 4,
					arbitrary: fc.record({ kind: fc.constant("arrives" as const), key: fc.constantFrom("x", "y", "z"), content }),
				},
				{ weight: 4, arbitrary: fc.record({ kind: fc.constant("completes" as const), content }) },
				{
					weight: 3,
					arbitrary: fc.record({ kind: fc.constantFrom("dies" as const, "is replayed" as const), content }),
				},
			);
			let run = 0;
			const property = fc.asyncProperty(fc.array(step, { minLength: 12, maxLength: 30 }), async (steps) => {
				run += 1;
				const model = new SupersedingModel(`run-${run}`);
				for (const [i, each] of steps.entries()) {
					await model.apply(catalog, each);
					expect(await model.differences(catalog), `after step ${i + 1}`).toEqual([]);
				}
			});
			await fc.assert(property, { numRuns: sequences });
		}, 60_000);

		it("leaves a dead version's predecessor current", async () => {
			const { catalog } = under();
			await take(catalog, "a", "A");
			const result = await complete(catalog, job("A"));
			await take(catalog, "a", "B");
			await catalog.endAttempt(endOf(await claimed(catalog, job("B"))));
			expect((await catalog.result(result))?.state).toBe("current");
		});
	});
}
