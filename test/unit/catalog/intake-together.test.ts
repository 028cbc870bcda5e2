import fc from "fast-check";
import { expect, it } from "vitest";
import type { Arrival, Catalog } from "#core/ports/catalog.ts";
import { acquisition, arrival, intake, outcomeKinds, plan } from "#test/support/acquisitions.ts";
import { openCatalogAt } from "#test/support/open-catalog.ts";
import { temporaryDirectory } from "#test/support/temporary-directory.ts";

const pipelines = ["elisa", "screen"];

/** Few keys and contents: most sequences meet a key, a content or an event again, in the same intake or a later one. */
const arrivals = fc
	.array(
		fc.record({
			key: fc.constantFrom("a", "b", "c", "d"),
			content: fc.constantFrom("1", "2", "3"),
			to: fc.subarray(pipelines),
			waits: fc.boolean(),
			event: fc.option(fc.nat(3)),
			generation: fc.option(fc.nat(4)),
		}),
		{ minLength: 1, maxLength: 14 },
	)
	.map((drawn): Arrival[] =>
		drawn.map(({ key, content, to, waits, event, generation }) => {
			const of = acquisition(key, content);
			const plans = to.map((pipeline) => plan(of, { pipeline }));
			const made = arrival(of, { plans, ...(waits && plans.length === 0 ? { waits: true as const } : {}) });
			const standing = generation === null ? {} : { standing: { ledger: "l", unit: 1, generation } };
			const id = event === null ? made.event.id : `again-${event}`;
			return { ...made, event: { ...made.event, id, ...standing } };
		}),
	);

async function whole(catalog: Catalog): Promise<object> {
	const request = { limit: 1_000, order: "asc", filter: {} } as const;
	const [taken, jobs] = await Promise.all([catalog.acquisitions(request), catalog.jobs(request)]);
	const entities = [...taken.items, ...jobs.items].map(({ id }) => id);
	const lives = await Promise.all(
		entities.map(async (id) => [id, (await catalog.history(id)).map(({ what, detail }) => `${what}: ${detail}`)]),
	);
	const links = await Promise.all(
		taken.items.map(async ({ id }) => [id, (await catalog.jobsOf(id)).map((job) => job.id)]),
	);
	return {
		acquisitions: taken.items,
		jobs: jobs.items,
		lives: Object.fromEntries(lives),
		links: Object.fromEntries(links),
		outcomes: await outcomeKinds(catalog),
		pending: await catalog.pending(),
	};
}

it("many arrivals in one intake leave what each in an intake of its own leaves", async () => {
	await fc.assert(
		fc.asyncProperty(arrivals, fc.nat(20), async (sequence, cut) => {
			const directory = temporaryDirectory();
			const together = await openCatalogAt(`${directory.path}/together`);
			const apart = await openCatalogAt(`${directory.path}/apart`);
			try {
				const reports = [];
				for (const part of [sequence.slice(0, cut), sequence.slice(cut)]) {
					reports.push(...(await together.commitIntake(intake(part))).acquisitions);
				}
				const expected = [];
				for (const one of sequence) expected.push(...(await apart.commitIntake(intake([one]))).acquisitions);
				expect(reports).toEqual(expected);
				expect(await whole(together)).toEqual(await whole(apart));
			} finally {
				await together.close();
				await apart.close();
				directory.remove();
			}
		}),
		{ numRuns: 40 },
	);
});
