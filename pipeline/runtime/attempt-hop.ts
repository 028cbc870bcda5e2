import type { ClaimedJob } from "#core/ports/catalog.ts";
import type { Hop, Tracer } from "#core/ports/tracer.ts";

export function beginAttempt(tracer: Tracer, job: ClaimedJob, pool: string): Hop {
	const attributes = {
		"messaging.operation.type": "process",
		"messaging.destination.name": pool,
		"watchrabbit.job": job.id,
		"watchrabbit.pipeline": job.plan.pipeline,
		"watchrabbit.attempt": job.attempt,
	};
	return tracer.begin("attempt", job, { attributes });
}
