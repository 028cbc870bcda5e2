import { permanent, type WatchRabbitError } from "#core/errors.ts";
import type { ReadCatalog } from "#core/ports/catalog.ts";
import type { Filter, MeasurementRow } from "#core/ports/catalog-rows.ts";
import { extremes, lttb, type Point } from "./downsample.ts";
import type { Scalar } from "./scalar.ts";
import { bucketStart, Summarising, type Summary, type TimeBucket } from "./summary.ts";

/** Measurements as time series. Values of different names or units never meet: each has a line of its own in a group. */

export interface SeriesRequest {
	/** As measurements are filtered. */
	readonly filter: Filter;
	/** The time of a point: when its acquisition was written, or when its result was there. */
	readonly time?: "acquired" | "completed";
	/** What lines are told apart by besides; a capture: what the names of files say. */
	readonly groupBy?: readonly GroupBy[];
	/** Who asked has left: nothing more is read, and nobody looks at what is given. */
	readonly signal?: AbortSignal;
}

export type GroupBy = "source" | "pipeline" | { readonly capture: string };

export interface Line {
	readonly name: string;
	readonly unit: string;
	/** In the order in which they were asked for; null where an acquisition has no such capture. */
	readonly group: readonly (string | null)[];
}

export interface SeriesPoint extends Line {
	readonly at: number;
	readonly value: Scalar;
	readonly result: string;
}

type Reads = Pick<ReadCatalog, "each">;

/** Of one request: lines hold their points, and quantiles their values. */
const most = { measurements: 2_000_000, lines: 1_000 } as const;

/**
 * All points in the order of time, some at a time: nothing is held between.
 *
 * @throws WatchRabbitError SERIES_TOO_LARGE (permanent)
 */
export async function* seriesOf(
	catalog: Reads,
	{ filter, time = "acquired", groupBy = [], signal }: SeriesRequest,
): AsyncGenerator<readonly SeriesPoint[]> {
	let read = 0;
	for await (const rows of catalog.each("measurements", { filter, sort: time, order: "asc" })) {
		if (signal?.aborted) return;
		read += rows.length;
		if (read > most.measurements) throw tooLarge("measurements");
		yield rows.map((row) => ({
			...lineOf(row, groupBy),
			at: time === "acquired" ? row.acquiredAt : row.completedAt,
			value: row.value,
			result: row.result,
		}));
	}
}

export interface SummaryRequest extends SeriesRequest {
	/** Of UTC; none: one summary a line. */
	readonly bucket?: TimeBucket;
	/** Probabilities. */
	readonly quantiles?: readonly number[];
}

export interface LineSummary extends Line, Summary {
	/** Where the bucket begins. */
	readonly since: number | null;
}

/**
 * A bucket after the other, of each its lines in the order in which they first come. Held is one bucket: a few numbers a
 * line, and where quantiles are asked for its values. The numbers come from the rows and not from the database, which may
 * have no such function, or would keep everybody else waiting while it counts; so they are the same on every one.
 */
export async function* summariesOf(catalog: Reads, request: SummaryRequest): AsyncGenerator<LineSummary> {
	const { bucket, quantiles } = request;
	let since: number | null = null;
	let lines = new Map<string, { readonly line: Line; readonly values: Summarising }>();
	function* ended(): Generator<LineSummary> {
		for (const { line, values } of lines.values()) yield { ...line, since, ...values.summary() };
		lines = new Map();
	}
	for await (const points of seriesOf(catalog, request)) {
		for (const { at, value, result: _, ...line } of points) {
			const begins = bucket === undefined ? null : bucketStart(at, bucket);
			if (begins !== since) yield* ended();
			since = begins;
			const known = kept(lines, line, () => ({ line, values: new Summarising(quantiles) }));
			known.values.add(value);
		}
	}
	yield* ended();
}

export type Thinning = "lttb" | "extremes";

export interface ThinnedLine extends Line {
	readonly points: readonly Point[];
	/** How many points there were, and how many of them are no numbers, which no line goes through. */
	readonly count: number;
	readonly notFinite: number;
}

/** Lines as they can be drawn: no more points each than asked for. Held are all points of the lines, 16 bytes and an object each. */
export async function thinnedLines(
	catalog: Reads,
	request: SeriesRequest,
	{ most: mostPoints, by }: { readonly most: number; readonly by: Thinning },
): Promise<readonly ThinnedLine[]> {
	const lines = new Map<string, { readonly line: Line; readonly points: Point[]; notFinite: number }>();
	for await (const page of seriesOf(catalog, request)) {
		for (const { at, value, result: _, ...line } of page) {
			const known = kept(lines, line, () => ({ line, points: [], notFinite: 0 }));
			if (typeof value === "number") known.points.push({ at, value });
			else known.notFinite += 1;
		}
	}
	const thin = by === "lttb" ? lttb : extremes;
	return [...lines.values()].map(({ line, points, notFinite }) => ({
		...line,
		count: points.length + notFinite,
		notFinite,
		points: thin(points, mostPoints),
	}));
}

function lineOf(row: MeasurementRow, groupBy: readonly GroupBy[]): Line {
	const group = groupBy.map((by) => (typeof by === "string" ? row[by] : (row.captures[by.capture] ?? null)));
	return { name: row.name, unit: row.unit, group };
}

/** What is known of a line, or begins with it. */
function kept<Of>(lines: Map<string, Of>, line: Line, begin: () => Of): Of {
	const key = keyOf(line);
	const known = lines.get(key) ?? begin();
	lines.set(key, known);
	if (lines.size > most.lines) throw tooLarge("lines");
	return known;
}

function tooLarge(what: keyof typeof most): WatchRabbitError {
	return permanent("SERIES_TOO_LARGE", `there are more than ${most[what].toLocaleString("en")} ${what}`, {
		fix: "Narrow it: ask for fewer names, a shorter time, or another group.",
	});
}

function keyOf({ name, unit, group }: Line): string {
	return JSON.stringify([name, unit, ...group]);
}
