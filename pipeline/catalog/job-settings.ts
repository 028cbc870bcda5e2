import { type Kysely, sql } from "kysely";
import type { JobPlan } from "#core/ports/catalog.ts";
import { finalJobStates, type JobState, jobStates } from "#domain/job.ts";
import type { PipelineSettings } from "#domain/settings.ts";
import type { Schema } from "./schema.ts";

/** What a job has from its pipeline's configuration and is no part of its identity. */
export function settingsColumns({
	pool,
	priority,
	timeoutMs,
	retry,
}: Pick<JobPlan, "pool" | "priority" | "timeoutMs" | "retry">) {
	return {
		pool,
		priority,
		timeout_ms: timeoutMs,
		attempts_allowed: retry.attempts,
		backoff_ms: retry.backoffMs,
		max_backoff_ms: retry.maxBackoffMs,
	};
}

const unfinished = jobStates.filter((state) => !(finalJobStates as readonly JobState[]).includes(state));

/** Few jobs wait and many are over: they are found by their state, never by the column's index. */
function notByIndex(column: "pipeline") {
	return sql<string>`${sql.ref(column)} || ''`;
}

/** The hints that were handed over to a queue are not changed: who calls this announces what is queued again. */
export async function useSettings(db: Kysely<Schema>, pipelines: readonly PipelineSettings[]): Promise<void> {
	for (const { name, ...settings } of pipelines) {
		const columns = settingsColumns(settings);
		await db
			.updateTable("jobs")
			.set(columns)
			.where("state", "in", unfinished)
			.where(notByIndex("pipeline"), "=", name)
			.where(({ or, eb }) =>
				or(Object.entries(columns).map(([column, value]) => eb(column as keyof typeof columns, "<>", value as never))),
			)
			.execute();
		await db
			.updateTable("outbox")
			.set({ pool: columns.pool, priority: columns.priority })
			.where(({ exists, selectFrom }) =>
				exists(
					selectFrom("jobs").select("jobs.id").whereRef("jobs.id", "=", "outbox.job").where("jobs.pipeline", "=", name),
				),
			)
			.execute();
	}
}
