import { describe, expect, it } from "vitest";
import { acquisition, arrival, claimed, commitOf, intake } from "#test/support/acquisitions.ts";
import type { CatalogUnderTest, Quantities } from "../catalog.ts";

const perIntake = 100;
const workers = 8;

export function describeVolume(under: () => CatalogUnderTest, { jobs }: Quantities): void {
	describe("volume", () => {
		it(`takes ${jobs} jobs from intake to result, each once`, async () => {
			const { catalog } = under();
			for (let from = 0; from < jobs; from += perIntake) {
				const plates = Array.from({ length: perIntake }, (_, i) => acquisition(`run/p${from + i}`, `C${from + i}`));
				const arrivals = plates.map((plate) => arrival(plate));
				await catalog.commitIntake(intake(arrivals, { offset: from + perIntake }));
			}
			const queue: string[] = [];
			const send = async (_pool: string, items: readonly { jobId: string }[]) => {
				queue.push(...items.map(({ jobId }) => jobId));
			};
			while ((await catalog.relay(500, send, 1_000)) > 0);
			expect(new Set(queue).size).toBe(jobs);

			const work = async () => {
				for (let id = queue.pop(); id !== undefined; id = queue.pop()) {
					expect(await catalog.commitResult(commitOf(await claimed(catalog, id)))).toBe(true);
				}
			};
			await Promise.all(Array.from({ length: workers }, work));

			expect(await catalog.countJobs()).toMatchObject({ completed: jobs, queued: 0, running: 0 });
			expect(await catalog.pending()).toEqual({ jobs: 0, waiting: 0, outbox: 0, strays: 0 });
			const analysed = new Set<string>();
			for (let after = 0; ; ) {
				const outcomes = await catalog.outcomes(after, 1_000);
				const last = outcomes.at(-1);
				if (last === undefined) break;
				for (const {
					acquisition: { key },
					kind,
				} of outcomes)
					if (kind === "analysed") analysed.add(key);
				after = last.seq;
			}
			expect(analysed.size).toBe(jobs);
		}, 240_000);
	});
}
