import type { ReadCatalog } from "#core/ports/catalog.ts";
import type { HistoryRow, JobRow, MeasurementRow, ResultRow } from "#core/ports/catalog-rows.ts";
import type { SinkMessage } from "#core/ports/sink.ts";
import { type JobEvent, jobEvents } from "#domain/job.ts";
import { isoTime, jobResource, measurementResource, resultResource } from "#domain/resources.ts";

type Rows = Pick<ReadCatalog, "jobs" | "results" | "measurements">;

const measurementsAtOnce = 1_000;

/**
 * What others are told of rows of the histories: the states of jobs, results, and each measurement by itself. A body
 * says what was so at its time and what never changes, and so is the same whenever it is told; what changed since has,
 * or will have, a message of its own.
 */
export async function messagesOf(history: readonly HistoryRow[], catalog: Rows): Promise<readonly SinkMessage[]> {
	const results = await resultsIn(history, catalog);
	const jobs = await jobsIn(history, results, catalog);
	const measured = await measurementsIn(history, results, catalog);
	return history.flatMap((row) => {
		const result = results.get(row.entity);
		const job = jobs.get(result?.job ?? row.entity);
		if (job === undefined) return [];
		return result === undefined ? ofJob(row, job) : ofResult(row, result, job, measured.get(result.id) ?? []);
	});
}

async function resultsIn(history: readonly HistoryRow[], catalog: Rows): Promise<ReadonlyMap<string, ResultRow>> {
	const ids = [...new Set(history.map(({ entity }) => entity).filter((entity) => entity.startsWith("r")))];
	const { items } = await catalog.results({ limit: ids.length, filter: { ids } });
	return new Map(items.map((result) => [result.id, result]));
}

async function jobsIn(
	history: readonly HistoryRow[],
	results: ReadonlyMap<string, ResultRow>,
	catalog: Rows,
): Promise<ReadonlyMap<string, JobRow>> {
	const told = history.map(({ entity }) => entity).filter((entity) => entity.startsWith("j"));
	const ids = [...new Set([...told, ...[...results.values()].map(({ job }) => job)])];
	const { items } = await catalog.jobs({ limit: ids.length, filter: { ids } });
	return new Map(items.map((job) => [job.id, job]));
}

/** By result, of those that are told of whole. */
async function measurementsIn(
	history: readonly HistoryRow[],
	known: ReadonlyMap<string, ResultRow>,
	catalog: Rows,
): Promise<ReadonlyMap<string, readonly MeasurementRow[]>> {
	const committed = history.filter(({ entity, what }) => what === committing && known.has(entity));
	const results = committed.map(({ entity }) => entity);
	const rows: MeasurementRow[] = [];
	const request = { limit: measurementsAtOnce, order: "asc", filter: { results } } as const;
	let page = await catalog.measurements(request);
	for (rows.push(...page.items); page.next !== undefined; rows.push(...page.items)) {
		page = await catalog.measurements({ ...request, cursor: page.next });
	}
	return Map.groupBy(rows, ({ result }) => result);
}

const committing = "committed";

function ofJob({ seq, at, what, detail }: HistoryRow, job: JobRow): readonly SinkMessage[] {
	if (!jobEvents.includes(what as JobEvent)) return [];
	const { id, pipeline, source, pool, acquisition, analysis, params } = jobResource(job);
	const body = { at: isoTime(at), state: what, detail, id, pipeline, source, pool, acquisition, analysis, params };
	return [message(`${seq}`, "jobs", `job.${what}`, id, at, body, job)];
}

function ofResult(
	{ seq, at, what, detail }: HistoryRow,
	result: ResultRow,
	job: JobRow,
	measured: readonly MeasurementRow[],
): readonly SinkMessage[] {
	const { id: key } = result.acquisition;
	const type = `result.${what}`;
	const { state, traceId: _, ...whole } = resultResource(result);
	if (what !== committing) {
		const { id, pipeline, source, acquisition } = whole;
		const body = { at: isoTime(at), detail, id, job: job.id, pipeline, source, acquisition };
		return [message(`${seq}`, "results", type, key, at, body, job)];
	}
	return [
		message(`${seq}`, "results", type, key, at, { at: isoTime(at), ...whole }, job),
		...measured.map((row, n) =>
			message(`${seq}.${n}`, "measurements", "measurement.committed", key, at, measurementResource(row), job),
		),
	];
}

function message(
	id: string,
	stream: SinkMessage["stream"],
	type: string,
	key: string,
	at: number,
	body: object,
	{ traceparent }: JobRow,
): SinkMessage {
	return { id, stream, type, key, at, body: JSON.stringify(body), traceparent };
}
