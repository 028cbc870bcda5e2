import type { ReadCatalog } from "#core/ports/catalog.ts";
import type { HistoryRow, JobRow, MeasurementRow, ResultRow } from "#core/ports/catalog-rows.ts";
import type { SinkMessage } from "#core/ports/sink.ts";
import { type JobState, jobStates } from "#domain/job.ts";
import { isoTime, jobResource, measurementResource, resultResource } from "#domain/resources.ts";

type Rows = Pick<ReadCatalog, "jobs" | "result" | "measurements">;

const measurementsAtOnce = 1_000;

/**
 * What others are told of rows of the histories: the states of jobs, results, and each measurement by itself. A body
 * says what was so at its time and what never changes, and so is the same whenever it is told; what changed since has,
 * or will have, a message of its own.
 */
export async function messagesOf(history: readonly HistoryRow[], catalog: Rows): Promise<readonly SinkMessage[]> {
	const known = new Map<string, Promise<JobRow | undefined>>();
	const jobOf = (id: string) => {
		const job = known.get(id) ?? catalog.jobs({ limit: 1, filter: { id } }).then(({ items }) => items[0]);
		known.set(id, job);
		return job;
	};
	const told: SinkMessage[] = [];
	for (const row of history) {
		if (row.entity.startsWith("j")) told.push(...ofJob(row, await jobOf(row.entity)));
		if (row.entity.startsWith("r")) {
			const result = await catalog.result(row.entity);
			const job = result && (await jobOf(result.job));
			if (result !== undefined && job !== undefined) told.push(...(await ofResult(row, result, job, catalog)));
		}
	}
	return told;
}

function ofJob({ seq, at, what, detail }: HistoryRow, job: JobRow | undefined): readonly SinkMessage[] {
	if (job === undefined || !jobStates.includes(what as JobState)) return [];
	const { id, pipeline, source, pool, acquisition, analysis, params } = jobResource(job);
	const body = { at: isoTime(at), state: what, detail, id, pipeline, source, pool, acquisition, analysis, params };
	return [message(`${seq}`, "jobs", `job.${what}`, id, at, body, job)];
}

async function ofResult(
	{ seq, at, what, detail }: HistoryRow,
	result: ResultRow,
	job: JobRow,
	catalog: Rows,
): Promise<readonly SinkMessage[]> {
	const { id: key } = result.acquisition;
	const type = `result.${what}`;
	const { state, ...whole } = resultResource(result);
	if (what !== "committed") {
		const { id, pipeline, source, acquisition } = whole;
		const body = { at: isoTime(at), detail, id, job: job.id, pipeline, source, acquisition };
		return [message(`${seq}`, "results", type, key, at, body, job)];
	}
	const measured = await measurementsOf(result.id, catalog);
	return [
		message(`${seq}`, "results", type, key, at, { at: isoTime(at), ...whole }, job),
		...measured.map((row, n) =>
			message(`${seq}.${n}`, "measurements", "measurement.committed", key, at, measurementResource(row), job),
		),
	];
}

async function measurementsOf(result: string, catalog: Rows): Promise<readonly MeasurementRow[]> {
	const rows: MeasurementRow[] = [];
	const request = { limit: measurementsAtOnce, order: "asc", filter: { result } } as const;
	let page = await catalog.measurements(request);
	for (rows.push(...page.items); page.next !== undefined; rows.push(...page.items)) {
		page = await catalog.measurements({ ...request, cursor: page.next });
	}
	return rows;
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
