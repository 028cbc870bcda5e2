import type { FastifyReply } from "fastify";
import { z } from "zod";
import type { Filter } from "#core/ports/catalog-rows.ts";
import { isoTime } from "#domain/resources.ts";
import { type GroupBy, type Line, type SeriesRequest, summariesOf, thinnedLines } from "#domain/series.ts";
import { anyOf, repeated, whole } from "./query.ts";
import { measurements } from "./resources/measurements.ts";
import { type Route, route } from "./route.ts";

const optional = Object.fromEntries(
	Object.entries(measurements.filters).map(([name, form]) => [name, form.optional()]),
);

const which = {
	...optional,
	time: z
		.enum(["acquired", "completed"])
		.default("acquired")
		.describe("The time of a value: when its acquisition was written, or when its result was there."),
	groupBy: repeated(/^(source|pipeline|capture:.+)$/s, "source, pipeline or capture:NAME", "capture:plate")
		.optional()
		.describe("What lines are told apart by, beside name and unit."),
};

const time = z.iso.datetime();
const lineForm = {
	name: z.string(),
	unit: z.string(),
	group: z
		.record(z.string(), z.string().nullable())
		.describe("By what was asked for; null where an acquisition has none."),
};
const count = z.int().nonnegative();
const number = z.number().nullable();

const seriesForm = z
	.object({
		lines: z.array(
			z.object({
				...lineForm,
				count: count.describe("How many values there were before any were left out."),
				notFinite: count.describe("NA, NaN and the infinities: no line goes through them."),
				points: z.array(z.object({ at: time, value: z.number() })),
			}),
		),
	})
	.meta({ id: "Series", description: "Measurements as lines that can be drawn." });

const summariesForm = z
	.object({
		items: z.array(
			z.object({
				...lineForm,
				since: time.nullable().describe("Where the bucket begins; null where there are none."),
				count: count.describe("Finite values."),
				notFinite: count.describe("NA, NaN and the infinities."),
				mean: number,
				sd: number.describe("Of a sample; null below two values."),
				min: number,
				max: number,
				quantiles: z
					.record(z.string(), number)
					.describe("By probability: linear between the closest ranks, as R's type 7."),
			}),
		),
	})
	.meta({ id: "Summaries", description: "What is said of many measurements." });

/** One answer may read two million rows. */
const rate = { perSecond: 2, burst: 20 };

/** Measurements over time. */
export const series: readonly Route[] = [
	route({
		id: "getSeries",
		method: "GET",
		path: "/api/v1/measurements/series",
		tag: "measurements",
		summary: "Measurements as time series, thinned out to what can be drawn",
		description:
			"`lttb` (Largest-Triangle-Three-Buckets, Steinarsson 2013) keeps what a line looks like, `extremes` the smallest and largest value of each stretch of time. Values of different names or units never meet in a line.",
		needs: "read",
		rate,
		problems: ["SERIES_TOO_LARGE"],
		query: {
			...which,
			points: whole(3, 10_000).default(1000).describe("So many of each line at most."),
			by: z.enum(["lttb", "extremes"]).default("lttb"),
		},
		answers: { 200: { description: "The lines.", content: { "application/json": seriesForm } } },
		handle: async ({ query: { points: most, by, ...query }, reply }, { catalog }) => {
			const { request, names } = asked(query, reply);
			const lines = await thinnedLines(catalog, request, { most, by });
			return {
				lines: lines.map(({ points, ...line }) => ({
					...told(line, names),
					points: points.map(({ at, value }) => ({ at: isoTime(at), value })),
				})),
			};
		},
	}),
	route({
		id: "getSummaries",
		method: "GET",
		path: "/api/v1/measurements/summaries",
		tag: "measurements",
		summary: "Mean, SD, range and quantiles of measurements, by time and by group",
		needs: "read",
		rate,
		problems: ["SERIES_TOO_LARGE"],
		query: {
			...which,
			bucket: z.enum(["hour", "day", "month"]).optional().describe("Of UTC; without it one summary a line."),
			quantiles: anyOf(["0.01", "0.05", "0.1", "0.25", "0.5", "0.75", "0.9", "0.95", "0.99"])
				.optional()
				.describe("Probabilities."),
		},
		answers: {
			200: { description: "A bucket after the other.", content: { "application/json": summariesForm } },
		},
		handle: async ({ query: { bucket, quantiles, ...query }, reply }, { catalog }) => {
			const { request, names } = asked(query, reply);
			const items = [];
			for await (const { since, ...summary } of summariesOf(catalog, {
				...request,
				...(bucket !== undefined && { bucket }),
				...(quantiles !== undefined && { quantiles: quantiles.map(Number) }),
			})) {
				items.push({ ...told(summary, names), since: since === null ? null : isoTime(since) });
			}
			return { items };
		},
	}),
];

interface Which {
	readonly time: "acquired" | "completed";
	readonly groupBy?: readonly string[] | undefined;
}

/** `names`: of the groups, as they were asked for. */
function asked(
	{ time, groupBy = [], ...filter }: Which,
	reply: FastifyReply,
): { request: SeriesRequest; names: readonly string[] } {
	const gone = new AbortController();
	reply.raw.once("close", () => gone.abort());
	const by = groupBy.map(
		(name): GroupBy =>
			name.startsWith("capture:") ? { capture: name.slice("capture:".length) } : (name as "source" | "pipeline"),
	);
	return { request: { filter: filter as Filter, time, groupBy: by, signal: gone.signal }, names: groupBy };
}

function told<Of extends Line>({ group, ...line }: Of, names: readonly string[]) {
	return { ...line, group: Object.fromEntries(names.map((name, i) => [name, group[i] ?? null])) };
}
