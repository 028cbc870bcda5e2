import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Catalog } from "#core/ports/catalog.ts";
import {
	acquisition,
	arrival,
	claimed,
	complete,
	endOf,
	intake,
	outcomeKinds,
	plan,
} from "#test/support/acquisitions.ts";
import type { CatalogUnderTest } from "../catalog.ts";

export function describeRetention(under: () => CatalogUnderTest): void {
	describe("retention", () => {
		const plate = acquisition("a", "A");
		const { id } = plan(plate);

		it("forgets outcomes that are old, the oldest first and so many at once, and no others", async () => {
			const { catalog } = under();
			for (const now of [1_000, 2_000, 3_000, 4_000]) {
				await catalog.commitIntake(intake([arrival(acquisition(`at ${now}`, `${now}`), { plans: [] })], { now }));
			}
			expect(await catalog.forgetOutcomes(4_000, 2)).toBe(2);
			expect(await outcomeKinds(catalog)).toEqual(["at 3000 unwanted", "at 4000 unwanted"]);
			expect(await catalog.forgetOutcomes(4_000, 2)).toBe(1);
			expect(await catalog.forgetOutcomes(4_000, 2)).toBe(0);
			expect(await outcomeKinds(catalog)).toEqual(["at 4000 unwanted"]);
		});

		it("keeps of attempts that came to nothing the newest hundred and a few, and every one that failed", async () => {
			const { catalog } = under();
			const { acquisitions } = await catalog.commitIntake(intake([arrival(plate)]));
			for (let now = 2_000; now < 2_420; now++) {
				const outcome = now === 2_010 ? "failed" : now % 2 === 0 ? "not-ready" : "lost";
				await catalog.endAttempt(endOf(await claimed(catalog, id, now), { outcome, now, againAt: now }));
			}
			const job = await catalog.job(id);
			const tokens = job?.attempts.map(({ token }) => token) ?? [];
			expect(tokens.length).toBeGreaterThanOrEqual(101);
			expect(tokens.length).toBeLessThanOrEqual(201);
			expect(tokens[0]).toBe(11);
			expect(tokens.slice(1)).toEqual(tokens.slice(1).map((_, i) => 420 - (tokens.length - 2) + i));
			const told = job?.history ?? [];
			expect(told.slice(0, 3).map(({ what }) => what)).toEqual(["created", "validated", "queued"]);
			expect(told.length).toBeLessThan(1_000);
			expect(await catalog.history(acquisitions[0]?.id ?? "")).toHaveProperty("0.what", "acquired");
			expect((await catalog.history(acquisitions[0]?.id ?? "")).length).toBeLessThan(250);
			expect(await complete(catalog, id, 3_000)).toBeDefined();
		});

		it("removes what a worker stored that comes back after its attempt was forgotten", async () => {
			const { catalog } = under();
			await catalog.commitIntake(intake([arrival(plate)]));
			const early = await claimed(catalog, id, 2_000);
			const gaveUp = { outcome: "lost", againAt: 2_000 } as const;
			await catalog.endAttempt(endOf(early, gaveUp));
			for (let i = 0; i < 220; i++) await catalog.endAttempt(endOf(await claimed(catalog, id, 2_000), gaveUp));
			while ((await catalog.strays(500)).length > 0) await catalog.straysRemoved(await catalog.strays(500));
			expect(await catalog.endAttempt({ ...endOf(early), worker: "late" })).toBe(false);
			expect(await catalog.strays(9)).toMatchObject([{ job: id, token: early.token }]);
		});

		it("changes nothing of what an older event does that is delivered again: it runs nothing", async () => {
			const { catalog } = under();
			const step = fc.record({
				key: fc.constantFrom("x", "y"),
				content: fc.constantFrom("A", "B", "C"),
				ends: fc.constantFrom("completed", "dead", "not yet"),
			});
			let run = 0;
			const property = fc.asyncProperty(
				fc.array(step, { minLength: 1, maxLength: 8 }),
				fc.nat(),
				async (steps, which) => {
					run += 1;
					const arrivals = steps.map(({ key, content }) => arrival(acquisition(`${run}/${key}`, `${run} ${content}`)));
					for (const [i, each] of arrivals.entries()) {
						await catalog.commitIntake(intake([each]));
						await end(catalog, each.plans[0]?.id ?? "", steps[i]?.ends ?? "");
					}
					while ((await catalog.forgetOutcomes(Number.MAX_SAFE_INTEGER, 3)) > 0);
					const before = await stateOf(catalog);
					const again = arrivals[which % arrivals.length];
					if (again !== undefined) await catalog.commitIntake(intake([again], { now: 9_000 }));
					expect(await stateOf(catalog)).toEqual(before);
					expect(await catalog.outcomes(0, 9)).toEqual([]);
				},
			);
			await fc.assert(property, { numRuns: 40 });
		}, 60_000);
	});
}

async function end(catalog: Catalog, job: string, how: string): Promise<void> {
	if ((await catalog.job(job))?.state !== "queued") return;
	if (how === "completed") await complete(catalog, job);
	if (how === "dead") await catalog.endAttempt(endOf(await claimed(catalog, job)));
}

async function stateOf(catalog: Catalog) {
	const request = { limit: 500, filter: {} };
	return [await catalog.jobs(request), await catalog.results(request), await catalog.acquisitions(request)];
}
