import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import fc from "fast-check";
import { afterEach, beforeEach, expect, it } from "vitest";
import type { Catalog, ResultCommit } from "#core/ports/catalog.ts";
import { acquisition, arrival, claimed, commitOf, intake, outcomeKinds, plan } from "#test/support/acquisitions.ts";
import { openCatalogAt } from "#test/support/open-catalog.ts";
import { temporaryDirectory } from "#test/support/temporary-directory.ts";

let directory: ReturnType<typeof temporaryDirectory>;
beforeEach(() => {
	directory = temporaryDirectory();
});
afterEach(() => directory.remove());

/** Versions of few keys with few contents: results supersede one another, are shared, and come back. */
const versions = fc.array(
	fc.record({ key: fc.constantFrom("a", "b"), content: fc.constantFrom("1", "2", "3"), stale: fc.boolean() }),
	{ minLength: 2, maxLength: 7 },
);

/** Every job runs, some under a second token, before the first commits; commits of the first token and doubled ones included. */
async function running(catalog: Catalog, drawn: readonly { key: string; content: string; stale: boolean }[]) {
	const commits: ResultCommit[] = [];
	for (const { key, content, stale } of drawn) {
		const of = acquisition(key, content);
		await catalog.commitIntake(intake([arrival(of)]));
		if ((await catalog.job(plan(of).id))?.state !== "queued") continue;
		const job = await claimed(catalog, plan(of).id, 1_000);
		commits.push(commitOf(job));
		if (stale) commits.push(commitOf(await claimed(catalog, job.id, 40_000)));
		else commits.push(commitOf(job));
	}
	return commits;
}

async function whole(catalog: Catalog): Promise<object> {
	const request = { limit: 1_000, order: "asc", filter: {} } as const;
	const [taken, jobs, results] = await Promise.all([
		catalog.acquisitions(request),
		catalog.jobs(request),
		catalog.results(request),
	]);
	const entities = [...taken.items, ...jobs.items, ...results.items].map(({ id }) => id);
	const lives = await Promise.all(
		entities.map(async (id) => [id, (await catalog.history(id)).map(({ what }) => what)]),
	);
	return {
		jobs: await Promise.all(jobs.items.map(({ id }) => catalog.job(id).then((job) => ({ ...job, history: [] })))),
		// Which of several later results took its place depends on which were there when it was judged.
		results: results.items.map((result) => ({ ...result, supersededBy: undefined })),
		lives: Object.fromEntries(lives),
		outcomes: (await outcomeKinds(catalog)).sort(),
		strays: (await catalog.strays(100)).map(({ job, token }) => `${job} ${token}`).sort(),
	};
}

it("results committed together leave what each committed alone leaves", async () => {
	await fc.assert(
		fc.asyncProperty(versions, async (drawn) => {
			const own = temporaryDirectory();
			const together = await openCatalogAt(join(own.path, "together"));
			const apart = await openCatalogAt(join(own.path, "apart"));
			try {
				const commits = await running(together, drawn);
				const answers = await Promise.all(commits.map((commit) => together.commitResult(commit)));
				const expected: boolean[] = [];
				for (const commit of await running(apart, drawn)) expected.push(await apart.commitResult(commit));
				expect(answers).toEqual(expected);
				expect(await whole(together)).toEqual(await whole(apart));
			} finally {
				await together.close();
				await apart.close();
				own.remove();
			}
		}),
		{ numRuns: 25 },
	);
}, 60_000);

it("a result that cannot be written keeps none of those that are committed with it from it", async () => {
	const catalog = await openCatalogAt(join(directory.path, "lab"));
	try {
		const names = ["a", "b", "c", "d", "e"];
		await catalog.commitIntake(intake(names.map((name) => arrival(acquisition(name, name)))));
		const jobs = await Promise.all(names.map((name) => claimed(catalog, plan(acquisition(name, name)).id)));
		const [, , poison] = jobs;
		const database = new DatabaseSync(join(directory.path, "lab"));
		database.exec(
			`create trigger refuse before insert on results when new.job = '${poison?.id}' begin select raise(abort, 'no'); end`,
		);
		database.close();
		const ends = await Promise.allSettled(
			jobs.map((job, i) => catalog.commitResult(commitOf(job, i === 3 ? { job: "j0" } : {}))),
		);
		expect(ends).toMatchObject([
			{ value: true },
			{ value: true },
			{ reason: { code: "DATABASE_CONSTRAINT" } },
			{ reason: { code: "MANIFEST_OF_ANOTHER" } },
			{ value: true },
		]);
		expect(await catalog.countJobs()).toMatchObject({ completed: 3, running: 2 });
	} finally {
		await catalog.close();
	}
});
