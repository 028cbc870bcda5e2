import type { Objectives } from "#domain/objectives.ts";
import { type MetricDeclaration, metricCatalogue as metrics } from "../metric-catalogue.ts";
import type { Alert, Level, Severity } from "./alert.ts";
import { day, hour, minute, promqlDuration } from "./durations.ts";

interface Objective {
	/** Of the recorded series: the bad share, over a window. */
	readonly record: string;
	readonly share: number;
	readonly bad: (window: number) => string;
	readonly all: (window: number) => string;
}

export interface Recording {
	readonly record: string;
	readonly expr: string;
}

/**
 * How fast the month's budget of failures burns: a rate of 1 uses it up exactly. The long window tells that it matters,
 * the short one that it still goes on.
 */
const burns: readonly { severity: Severity; rate: number; long: number; short: number }[] = [
	{ severity: "critical", rate: 14.4, long: hour, short: 5 * minute },
	{ severity: "critical", rate: 6, long: 6 * hour, short: 30 * minute },
	{ severity: "warning", rate: 3, long: day, short: 2 * hour },
	{ severity: "warning", rate: 1, long: 3 * day, short: 6 * hour },
];
/** Fewer within the long window are a matter for their own alerts, and wake nobody. */
const fewestBad = 3;

const rate = (series: string, window: number) => `sum(rate(${series}[${promqlDuration(window)}]))`;
const samples = (metric: MetricDeclaration, matchers = "") =>
	`${metric.name}${metric.kind === "histogram" ? "_count" : ""}${matchers}`;

function results({ result }: Objectives): Objective {
	return {
		record: "watchrabbit:results:bad_share",
		share: result.of,
		bad: (window) => rate(samples(metrics.objective, '{outcome!="within"}'), window),
		all: (window) => rate(samples(metrics.objective), window),
	};
}

/** Health and metrics are no part of the promise: 503 is their word for "not yet". */
function answers({ api }: Objectives): Objective {
	return {
		record: "watchrabbit:api:bad_share",
		share: api.of,
		bad: (window) => rate(samples(metrics.requestSeconds, '{route=~"/api/.*",status=~"5.."}'), window),
		all: (window) => rate(samples(metrics.requestSeconds, '{route=~"/api/.*"}'), window),
	};
}

/** What the alerts compare, computed once for all of them. */
export function recordings(objectives: Objectives): readonly Recording[] {
	const windows = [...new Set(burns.flatMap(({ long, short }) => [short, long]))].sort((a, b) => a - b);
	return [results(objectives), answers(objectives)].flatMap(({ record, bad, all }) =>
		windows.map((window) => ({
			record: recorded(record, window),
			expr: `(${bad(window)} or vector(0)) / ${all(window)}`,
		})),
	);
}

function recorded(record: string, window: number): string {
	return `${record}:rate${promqlDuration(window)}`;
}

function levelsOf({ record, share, bad }: Objective): readonly Level[] {
	return burns.map(({ severity, rate, long, short }) => {
		const most = Number((rate * (1 - share)).toPrecision(6));
		const enough = `${bad(long)} * ${long} >= ${fewestBad}`;
		const promql = `(${recorded(record, long)} > ${most} and ${recorded(record, short)} > ${most} and ${enough})`;
		return { severity, expression: { promql }, forSeconds: 0, labels: { window: promqlDuration(long) } };
	});
}

export function objectiveAlerts(objectives: Objectives): readonly Alert[] {
	return [
		{
			name: "ResultsLate",
			meaning:
				"So many results come later than promised, or never, that the budget of the month will not last (multi-window burn rate).",
			value: "share",
			summary: ({ label, value }) => `${value} of the results of the last ${label("window")} were late or never came.`,
			dashboard: "watchrabbit-overview",
			levels: levelsOf(results(objectives)),
		},
		{
			name: "ApiFailing",
			meaning:
				"So many answers of the API are failures of ours that the budget of the month will not last (multi-window burn rate).",
			value: "share",
			summary: ({ label, value }) =>
				`${value} of the API's answers of the last ${label("window")} were errors of ours.`,
			dashboard: "watchrabbit-api",
			levels: levelsOf(answers(objectives)),
		},
	];
}
