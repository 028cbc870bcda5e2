import { expect, it } from "vitest";
import type { Catalog, JobPlan, UnfinishedJobs } from "#core/ports/catalog.ts";
import type { JobRow } from "#core/ports/catalog-rows.ts";
import { jobStates, unfinishedJobStates } from "#domain/job.ts";
import { acquisition, arrival, commitOf, endOf, intake, plan, replayed } from "#test/support/acquisitions.ts";
import { seededRandom } from "#test/support/seeded-random.ts";
import type { CatalogUnderTest } from "../catalog.ts";

/** All jobs, counted one by one. */
async function recount(catalog: Catalog) {
	const jobs: JobRow[] = [];
	for (let cursor: string | undefined; ; ) {
		const page = await catalog.jobs({ limit: 500, filter: {}, ...(cursor === undefined ? {} : { cursor }) });
		jobs.push(...page.items);
		cursor = page.next;
		if (cursor === undefined) break;
	}
	const byState = Object.fromEntries(
		jobStates.map((state) => [state, jobs.filter((job) => job.state === state).length]),
	);
	const open = jobs.filter(({ state }) => (unfinishedJobStates as readonly string[]).includes(state));
	const groups = Map.groupBy(open, ({ pool, state, pipeline }) => JSON.stringify({ pool, state, pipeline }));
	const unfinished = [...groups].map(([group, some]) => ({
		...JSON.parse(group),
		count: some.length,
		since: some.reduce((first, { updatedAt }) => Math.min(first, updatedAt), Number.POSITIVE_INFINITY),
	}));
	return { byState, unfinished: inOrder(unfinished), open: open.length, jobs };
}

function inOrder(counts: readonly UnfinishedJobs[]): UnfinishedJobs[] {
	return counts.toSorted((a, b) => keyOf(a).localeCompare(keyOf(b)));
}

function keyOf({ pool, state, pipeline }: UnfinishedJobs): string {
	return `${pool} ${state} ${pipeline}`;
}

/** What is counted is what looking at every job counts; gives how many are in each state. */
export async function expectCounted(catalog: Catalog) {
	const { byState, unfinished, open } = await recount(catalog);
	expect(await catalog.countJobs()).toEqual(byState);
	expect(inOrder(await catalog.countUnfinished())).toEqual(unfinished);
	expect((await catalog.pending()).jobs).toBe(open);
	return byState;
}

/** What is counted without looking at every job is what looking at every job counts, whatever happens to them. */
export function describeCounts(under: () => CatalogUnderTest): void {
	it("counts jobs as they are, whatever happens to them", async () => {
		const { catalog } = under();
		const random = seededRandom(6);
		const pick = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)] as T;
		let now = 1_000;
		const some = async () => pick((await catalog.jobs({ limit: 500, filter: {} })).items);
		const run = async (end: (catalog: Catalog, id: string) => Promise<unknown>) => end(catalog, (await some()).id);
		const claim = async (id: string) => {
			const claim = await catalog.claim(id, "worker", 50, now);
			return claim.kind === "claimed" ? claim.job : undefined;
		};
		const steps = [
			async () => {
				const of = acquisition(`key ${pick([1, 2, 3, 4, 5])}`, `content ${Math.floor(random() * 30)}`);
				const changes = (pipeline: string, pool: string): Partial<JobPlan> => ({ pipeline, pool });
				const plans = [changes("elisa", "default"), changes("qc", pick(["default", "large"]))];
				await catalog.commitIntake(intake([arrival(of, { plans: plans.map((each) => plan(of, each)) })], { now }));
			},
			() => run(async (_, id) => claim(id)),
			() =>
				run(async (_, id) => {
					const job = await claim(id);
					if (job) await catalog.commitResult(commitOf(job, {}, now));
				}),
			() =>
				run(async (_, id) => {
					const job = await claim(id);
					const outcome = pick(["failed", "not-ready", "lost"] as const);
					const againAt = outcome === "failed" ? pick([undefined, now + 5]) : now + 5;
					if (job) await catalog.endAttempt(endOf(job, { now, outcome, againAt }));
				}),
			() => run((_, id) => replayed(catalog, id, now, "anna")),
			() => run((_, id) => catalog.giveUp(id, { class: "fault", code: "BROKEN", message: "no" }, now)),
			() => catalog.wake(now),
			async () => {
				const { pipeline } = await some();
				const { priority, timeoutMs, retry } = plan(acquisition("a", "a"));
				const analysis = { file: "/analyses/elisa.R", files: [] };
				const unchanged = { from: "plates", stages: [], analysis, params: {}, priority, timeoutMs, retry, retryOn: [] };
				await catalog.useSettings([{ ...unchanged, name: pipeline, pool: pick(["default", "large"]) }]);
			},
		];
		const [arrives] = steps;
		for (let i = 0; i < 12; i++) await arrives?.();
		for (let i = 0; i < 150; i++) {
			now += 10;
			await pick(steps)();
			if (i % 10 === 0) await expectCounted(catalog);
		}
		const byState = await expectCounted(catalog);
		for (const state of ["completed", "dead", "superseded"]) expect(byState[state]).toBeGreaterThan(0);
	});
}
