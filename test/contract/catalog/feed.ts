import { describe, expect, it } from "vitest";
import { acquisition, arrival, claimed, endOf, intake, plan } from "#test/support/acquisitions.ts";
import type { CatalogUnderTest } from "../catalog.ts";

export function describeFeed(under: () => CatalogUnderTest): void {
	describe("feed", () => {
		const plate = acquisition("a", "A");
		const { id } = plan(plate);

		it("tells where it ends, and that nothing of it was forgotten", async () => {
			const { catalog } = under();
			expect(await catalog.feedBounds()).toEqual({ last: 0, forgotten: 0 });
			await catalog.commitIntake(intake([arrival(plate)]));
			const told = await catalog.feed(0, 100);
			expect(told.length).toBeGreaterThan(3);
			expect(await catalog.feedBounds()).toEqual({ last: told.at(-1)?.seq, forgotten: 0 });
		});

		it("tells below where lines of attempts that came to nothing were forgotten", async () => {
			const { catalog } = under();
			await catalog.commitIntake(intake([arrival(plate)]));
			const seen = new Set<number>();
			for (let now = 2_000; now < 2_220; now++) {
				await catalog.endAttempt(endOf(await claimed(catalog, id, now), { outcome: "not-ready", now, againAt: now }));
				for (const { seq } of await catalog.feed([...seen].at(-1) ?? 0, 1_000)) seen.add(seq);
			}
			const left = new Set((await catalog.feed(0, 10_000)).map(({ seq }) => seq));
			const lost = [...seen].filter((seq) => !left.has(seq));
			const { last, forgotten } = await catalog.feedBounds();
			expect(lost.length).toBeGreaterThan(100);
			expect(forgotten).toBeGreaterThan(lost.at(-1) ?? 0);
			expect(forgotten).toBeLessThan(last);
		});

		it("knows where acquisitions are from, and which pipelines have jobs for them", async () => {
			const { catalog } = under();
			const strange = acquisition("caf\udce9.csv", "B");
			const { acquisitions } = await catalog.commitIntake(intake([arrival(plate), arrival(strange, { plans: [] })]));
			const [first = "", second = ""] = acquisitions.map(({ id }) => id);
			const { source, traceparent } = (await catalog.acquisition(first)) ?? {};
			const known = await catalog.origins([first, second, "a-nothing"]);
			expect([...known.keys()].sort()).toEqual([first, second].sort());
			expect(known.get(first)).toEqual({ source, key: "a", pipelines: [plan(plate).pipeline], traceparent });
			expect(known.get(second)).toMatchObject({ key: "caf\udce9.csv", pipelines: [] });
			expect(await catalog.origins([])).toEqual(new Map());
		});
	});
}
