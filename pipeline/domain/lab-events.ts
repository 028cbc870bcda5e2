import type { FeedCatalog, Origin, ReadCatalog } from "#core/ports/catalog.ts";
import type { HistoryRow, JobRow, ResultRow } from "#core/ports/catalog-rows.ts";
import type { Scope } from "./access.ts";
import { seesPipeline, seesSource } from "./access.ts";
import { type JobEvent, jobEvents } from "./job.ts";
import { isoTime, jobResource, resultResource } from "./resources.ts";

/** What happened in the lab, as everybody is told it: who follows the API, RabbitMQ, Kafka. */
export interface LabEvent {
	/** Its place among all. */
	readonly seq: number;
	/** `job.completed`, `result.committed`, `acquisition.acquired`, ... */
	readonly kind: string;
	readonly at: number;
	readonly source: string;
	/** Of what a pipeline made; of acquisitions those that the line tells of. */
	readonly pipelines: readonly string[];
	readonly acquisition: string;
	readonly job: string | undefined;
	/** What was so at its time and what never changes: the same whenever it is told. */
	readonly body: object;
	readonly traceparent: string;
	readonly isOf: "job" | "result" | "acquisition";
	/** Its id. */
	readonly entity: string;
}

/** What becomes of results. */
export const resultEvents = ["committed", "superseded", "current"] as const;

/** What is told of acquisitions, by what their histories say. */
const acquisitionEvents = {
	acquired: "acquired",
	"seen again": "seen-again",
	"came first": "came-first",
	superseded: "superseded",
	"safe to delete": "safe-to-delete",
	linked: "linked",
	analysed: "analysed",
	"not-ready": "not-ready",
	changed: "changed",
	dead: "dead",
	cancelled: "cancelled",
	unwanted: "unwanted",
	rejected: "rejected",
} as const;

/** What the history of an acquisition tells of itself; everything else is of a job or of a pipeline's group. */
export const toldOfItself: readonly string[] = ["acquired", "seen again", "came first", "superseded", "safe to delete"];

/** Every kind of event. */
export const eventKinds = [
	...Object.values(acquisitionEvents).map((what) => `acquisition.${what}` as const),
	...jobEvents.map((what) => `job.${what}` as const),
	...resultEvents.map((what) => `result.${what}` as const),
] as const;

/** As `seenLines` of the catalog shows the same lines to who reads a history. */
export function seesEvent(scope: Scope, { isOf, source, pipelines }: LabEvent): boolean {
	if (isOf === "acquisition" && !seesSource(scope, source)) return false;
	return pipelines.every((pipeline) => seesPipeline(scope, pipeline));
}

/** What lines of the histories tell of jobs and results, in their order. */
export async function workEvents(
	history: readonly HistoryRow[],
	catalog: Pick<ReadCatalog, "jobs" | "results">,
): Promise<readonly LabEvent[]> {
	const results = await resultsIn(history, catalog);
	const jobs = await jobsIn(history, results, catalog);
	return history.flatMap((row) => {
		const result = results.get(row.entity);
		const job = jobs.get(result?.job ?? row.entity);
		if (job === undefined) return [];
		return result === undefined ? ofJob(row, job) : ofResult(row, result, job);
	});
}

/** And of acquisitions. */
export async function labEvents(
	history: readonly HistoryRow[],
	catalog: Pick<ReadCatalog, "jobs" | "results"> & Pick<FeedCatalog, "origins">,
): Promise<readonly LabEvent[]> {
	const work = await workEvents(history, catalog);
	const origins = await catalog.origins(entities(history, "a"));
	const acquired = history.flatMap((row) => {
		const origin = origins.get(row.entity);
		return origin === undefined ? [] : ofAcquisition(row, origin);
	});
	return [...work, ...acquired].sort((a, b) => a.seq - b.seq);
}

function entities(history: readonly HistoryRow[], kind: "a" | "j" | "r"): readonly string[] {
	return [...new Set(history.map(({ entity }) => entity).filter((entity) => entity.startsWith(kind)))];
}

async function resultsIn(
	history: readonly HistoryRow[],
	catalog: Pick<ReadCatalog, "results">,
): Promise<ReadonlyMap<string, ResultRow>> {
	const ids = entities(history, "r");
	if (ids.length === 0) return new Map();
	const { items } = await catalog.results({ limit: ids.length, filter: { ids } });
	return new Map(items.map((result) => [result.id, result]));
}

async function jobsIn(
	history: readonly HistoryRow[],
	results: ReadonlyMap<string, ResultRow>,
	catalog: Pick<ReadCatalog, "jobs">,
): Promise<ReadonlyMap<string, JobRow>> {
	const ids = [...new Set([...entities(history, "j"), ...[...results.values()].map(({ job }) => job)])];
	if (ids.length === 0) return new Map();
	const { items } = await catalog.jobs({ limit: ids.length, filter: { ids } });
	return new Map(items.map((job) => [job.id, job]));
}

function ofJob({ seq, at, what, detail }: HistoryRow, job: JobRow): readonly LabEvent[] {
	if (!jobEvents.includes(what as JobEvent)) return [];
	const { id, pipeline, source, pool, acquisition, analysis, params } = jobResource(job);
	const body = { at: isoTime(at), state: what, detail, id, pipeline, source, pool, acquisition, analysis, params };
	return [
		{
			seq,
			kind: `job.${what}`,
			at,
			source,
			pipelines: [pipeline],
			acquisition,
			job: id,
			body,
			traceparent: job.traceparent,
			isOf: "job",
			entity: id,
		},
	];
}

function ofResult({ seq, at, what, detail }: HistoryRow, row: ResultRow, { traceparent }: JobRow): readonly LabEvent[] {
	const { state, traceId: _, ...whole } = resultResource(row);
	const { id, job, pipeline, source, acquisition } = whole;
	const body =
		what === "committed"
			? { at: isoTime(at), ...whole }
			: { at: isoTime(at), detail, id, job, pipeline, source, acquisition };
	return [
		{
			seq,
			kind: `result.${what}`,
			at,
			source,
			pipelines: [pipeline],
			acquisition: acquisition.id,
			job,
			body,
			traceparent,
			isOf: "result",
			entity: id,
		},
	];
}

function ofAcquisition({ seq, at, entity: id, what, detail }: HistoryRow, origin: Origin): readonly LabEvent[] {
	if (!(what in acquisitionEvents)) return [];
	const { source, key, traceparent } = origin;
	return [
		{
			seq,
			kind: `acquisition.${acquisitionEvents[what as keyof typeof acquisitionEvents]}`,
			at,
			source,
			pipelines: pipelinesTold(what, detail, origin),
			acquisition: id,
			job: undefined,
			body: { at: isoTime(at), id, source, key, detail },
			traceparent,
			isOf: "acquisition",
			entity: id,
		},
	];
}

/** A line does not say of which job it is: it is of all. A rejection begins with the name of its pipeline. */
function pipelinesTold(what: string, detail: string, { pipelines }: Origin): readonly string[] {
	if (toldOfItself.includes(what)) return [];
	return what === "rejected" ? [detail.split(": ", 1).join()] : pipelines;
}
