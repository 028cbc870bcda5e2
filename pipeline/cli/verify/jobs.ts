import type { AttemptRow, JobRow } from "#core/ports/catalog-rows.ts";
import type { Workbench } from "../application.ts";
import { rowsOf } from "../listing.ts";
import { type Check, type Difference, difference } from "./difference.ts";

/** No job is in a state that contradicts its own row, its attempts or its result, and every queued one is in the queue. */
export async function* checkJobs(workbench: Workbench): AsyncGenerator<Check> {
	const { catalog } = workbench;
	for await (const { id } of rowsOf((request) => catalog.jobs(request), {}, undefined, "asc")) {
		yield () => checkJob(id, workbench);
	}
	yield () => checkHints(workbench);
}

async function checkJob(id: string, { catalog }: Workbench): Promise<Difference | undefined> {
	const job = await catalog.job(id);
	if (job === undefined) return undefined;
	const result = job.result === undefined ? undefined : await catalog.result(job.result);
	const wrong = contradictions(job, result?.job);
	return wrong.length === 0 ? undefined : difference("job-impossible", id, wrong.join("; "));
}

function contradictions(
	job: JobRow & { readonly attempts: readonly AttemptRow[] },
	resultOf: string | undefined,
): string[] {
	const { state, result, cause, leaseOwner, runAfter, attempts, attemptsUsed, attemptsAllowed } = job;
	const open = attempts.filter(({ endedAt }) => endedAt === undefined).length;
	const running = state === "running";
	const rules: readonly (readonly [broken: boolean, rule: string])[] = [
		[state === "completed" && result === undefined, "completed without a result"],
		[result !== undefined && resultOf !== job.id, `its result ${result} is not in the catalog, or of another job`],
		[running && leaseOwner === undefined, "running, and nobody holds it"],
		[!running && leaseOwner !== undefined, `${state}, and held by ${leaseOwner}`],
		[open !== (running ? 1 : 0), `${state} with ${open} attempts that have not ended`],
		[(state === "failed" || state === "dead") && cause === undefined, `${state} without a cause`],
		[state === "failed" && runAfter === undefined, "failed, and no time to try again"],
		[attemptsUsed > attemptsAllowed, `${attemptsUsed} attempts used of ${attemptsAllowed}`],
	];
	return rules.filter(([broken]) => broken).map(([, rule]) => rule);
}

/** A queued job that no hint names would wait for ever. */
async function checkHints({ catalog, queue, settings }: Workbench): Promise<Difference | undefined> {
	const { queued } = await catalog.countJobs();
	const { outbox } = await catalog.pending();
	const depths = await Promise.all(settings.pools.map(({ name }) => queue.depth(name)));
	const hints = depths.reduce((sum, { waiting, leased }) => sum + waiting + leased, outbox);
	if (queued <= hints) return undefined;
	return difference("hint-lost", "work queue", `${queued} jobs are queued, and the queue knows of ${hints}`);
}
