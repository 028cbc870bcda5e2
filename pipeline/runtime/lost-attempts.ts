import type { LostAttempt } from "#core/ports/catalog.ts";
import type { Tracer } from "#core/ports/tracer.ts";
import type { Report } from "#domain/report.ts";

/** Who ran it can tell nothing any more: the catalog found its lease over, and whoever asked it tells, once. */
export function tellLost(lost: LostAttempt, { report, tracer }: { readonly report: Report; readonly tracer: Tracer }) {
	const { attempt, startedAt, endedAt, cause, ...named } = lost;
	const { job, pipeline, pool, traceparent } = named;
	const attributes = {
		"messaging.operation.type": "process",
		"messaging.destination.name": pool,
		"watchrabbit.job": job,
		"watchrabbit.pipeline": pipeline,
		"watchrabbit.attempt": attempt,
		"watchrabbit.outcome": "lost",
	};
	const times = { startMs: startedAt, endMs: endedAt };
	tracer.record("attempt", { traceparent }, times, { attributes, failure: cause });
	const { code, message } = cause;
	report({ event: "job.lost", ...named, code, message });
}
