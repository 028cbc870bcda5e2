import type { ClaimedJob, LostAttempt } from "#core/ports/catalog.ts";
import type { Hop, HopAttributes, Tracer } from "#core/ports/tracer.ts";
import { namedTrace, spanId, type Trace, withSpan } from "#core/trace.ts";

/**
 * An attempt is told of by whoever wrote its end into the catalog: who ran it, or who found its lease over. What was done
 * in it before hangs below it in both cases, for its place is the same for both.
 */
export function beginAttempt(tracer: Tracer, job: ClaimedJob, pool: string): Hop {
	const { id, token, attempt, plan } = job;
	const attributes = attributesOf({ job: id, attempt, pool, pipeline: plan.pipeline });
	return tracer.begin("attempt", job, { attributes, as: placeOf(tracer, job, id, token) });
}

export function recordLostAttempt(tracer: Tracer, lost: LostAttempt): void {
	const { job, token, startedAt, endedAt, cause } = lost;
	const attributes = { ...attributesOf(lost), "watchrabbit.outcome": "lost" };
	const as = placeOf(tracer, lost, job, token);
	const { traceparent } = lost;
	tracer.record("attempt", { traceparent }, { startMs: startedAt, endMs: endedAt }, { attributes, failure: cause, as });
}

function placeOf(tracer: Tracer, below: Trace, job: string, token: number): Trace {
	return withSpan(tracer.below(below), spanId(namedTrace(`attempt ${job} ${token}`)));
}

function attributesOf({ job, attempt, pool, pipeline }: Pick<LostAttempt, "job" | "attempt" | "pool" | "pipeline">) {
	return {
		"messaging.operation.type": "process",
		"messaging.destination.name": pool,
		"watchrabbit.job": job,
		"watchrabbit.pipeline": pipeline,
		"watchrabbit.attempt": attempt,
	} satisfies HopAttributes;
}
