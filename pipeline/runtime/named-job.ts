import type { ClaimedInput, ClaimedJob } from "#core/ports/catalog.ts";

/** What every event of a claimed job tells of it; `input`: of the copies of its content the one that is read. */
export function namedJob({ id, plan, traceparent }: ClaimedJob, { acquisition }: ClaimedInput, pool: string) {
	const { source, key } = acquisition;
	return { job: id, pipeline: plan.pipeline, pool, source, key, traceparent };
}
