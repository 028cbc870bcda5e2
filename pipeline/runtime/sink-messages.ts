import type { ReadCatalog } from "#core/ports/catalog.ts";
import type { HistoryRow, MeasurementRow } from "#core/ports/catalog-rows.ts";
import type { SinkMessage } from "#core/ports/sink.ts";
import { type LabEvent, workEvents } from "#domain/lab-events.ts";
import { measurementResource } from "#domain/resources.ts";

type Rows = Pick<ReadCatalog, "jobs" | "results" | "measurements">;

const measurementsAtOnce = 1_000;

/**
 * What other services are told of rows of the histories: the states of jobs, results, and each measurement by itself. What
 * changed since has, or will have, a message of its own.
 */
export async function messagesOf(history: readonly HistoryRow[], catalog: Rows): Promise<readonly SinkMessage[]> {
	const events = await workEvents(history, catalog);
	const committed = events.filter(({ kind }) => kind === "result.committed");
	const measured = await measurementsOf(
		committed.map(({ entity }) => entity),
		catalog,
	);
	return events.flatMap((event) => {
		const { seq, kind: type, at, isOf, entity, acquisition, body, traceparent } = event;
		const place =
			isOf === "job" ? ({ stream: "jobs", key: entity } as const) : ({ stream: "results", key: acquisition } as const);
		const whole = { id: `${seq}`, ...place, type, at, body: JSON.stringify(body), traceparent };
		return [whole, ...measurements(event, measured.get(entity) ?? [])];
	});
}

function measurements({ seq, acquisition: key, at, traceparent }: LabEvent, rows: readonly MeasurementRow[]) {
	return rows.map((row, n): SinkMessage => {
		const body = JSON.stringify(measurementResource(row));
		return { id: `${seq}.${n}`, stream: "measurements", type: "measurement.committed", key, at, body, traceparent };
	});
}

/** By result, of those that are told of whole. */
async function measurementsOf(
	results: readonly string[],
	catalog: Rows,
): Promise<ReadonlyMap<string, readonly MeasurementRow[]>> {
	if (results.length === 0) return new Map();
	const rows: MeasurementRow[] = [];
	const request = { limit: measurementsAtOnce, order: "asc", filter: { results } } as const;
	let page = await catalog.measurements(request);
	for (rows.push(...page.items); page.next !== undefined; rows.push(...page.items)) {
		page = await catalog.measurements({ ...request, cursor: page.next });
	}
	return Map.groupBy(rows, ({ result }) => result);
}
