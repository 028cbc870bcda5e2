import type { MetricDeclaration } from "../metric-catalogue.ts";
import { promqlDuration } from "./durations.ts";

export type Labels = Readonly<Record<string, string>>;

export interface Sample {
	readonly labels: Labels;
	readonly value: number;
}

/** What a process remembers of its own metrics: Prometheus in small. */
export interface Numbers {
	/** Wall-clock time, seconds since the epoch. */
	readonly now: number;
	/** The series of a metric as they were so many seconds ago; one that was gone by then is left out. */
	at(metric: string, secondsAgo: number): readonly Sample[];
	/** What they were within the last seconds, the oldest first. */
	within(metric: string, seconds: number): readonly { readonly labels: Labels; readonly values: readonly number[] }[];
}

/** The numbers of one turn, and what was computed of them so far, by PromQL: what many conditions ask is computed once. */
export interface Moment {
	readonly numbers: Numbers;
	readonly computed: Map<string, readonly Sample[]>;
}

/** One condition in two languages: PromQL, and a function over the process's own numbers. */
export interface Expression {
	readonly promql: string;
	readonly evaluate: (moment: Moment) => readonly Sample[];
	/** What it reads, and how far back. */
	readonly reads: readonly { readonly metric: string; readonly seconds: number }[];
}

type MetricKind<Kind> = Extract<MetricDeclaration, { readonly kind: Kind }>;
type LabelOf<M extends MetricDeclaration> = M["labels"][number];
type Match = string | readonly string[] | { readonly not: readonly string[] };
type Where<M extends MetricDeclaration> = { readonly [L in LabelOf<M>]?: Match };

function expression(
	promql: string,
	reads: Expression["reads"],
	compute: (moment: Moment) => readonly Sample[],
): Expression {
	return {
		promql,
		reads,
		evaluate: (moment) => {
			const samples = moment.computed.get(promql) ?? compute(moment);
			moment.computed.set(promql, samples);
			return samples;
		},
	};
}

/** The metric as it is, or as it was some time ago. */
export function now<M extends MetricKind<"gauge" | "counter">>(
	metric: M,
	where: Where<M> = {},
	agoSeconds = 0,
): Expression {
	const offset = agoSeconds === 0 ? "" : ` offset ${promqlDuration(agoSeconds)}`;
	const reads = [{ metric: metric.name, seconds: agoSeconds }];
	return expression(`${selector(metric, where)}${offset}`, reads, ({ numbers }) =>
		numbers.at(metric.name, agoSeconds).filter(({ labels }) => fits(labels, where)),
	);
}

/** How much a counter grew, a restart in between counted through. */
export function increase<M extends MetricKind<"counter">>(
	metric: M,
	seconds: number,
	where: Where<M> = {},
): Expression {
	return over(metric, seconds, where, "increase", (values) =>
		values
			.slice(1)
			.reduce((sum, value, at) => sum + (value < (values[at] as number) ? value : value - (values[at] as number)), 0),
	);
}

export function leastWithin<M extends MetricKind<"gauge">>(
	metric: M,
	seconds: number,
	where: Where<M> = {},
): Expression {
	return over(metric, seconds, where, "min_over_time", (values) => Math.min(...values));
}

function over<M extends MetricDeclaration>(
	metric: M,
	seconds: number,
	where: Where<M>,
	name: "increase" | "min_over_time",
	of: (values: readonly number[]) => number,
): Expression {
	const fewest = name === "increase" ? 2 : 1;
	const promql = `${name}(${selector(metric, where)}[${promqlDuration(seconds)}])`;
	return expression(promql, [{ metric: metric.name, seconds }], ({ numbers }) =>
		numbers
			.within(metric.name, seconds)
			.filter(({ labels, values }) => values.length >= fewest && fits(labels, where))
			.map(({ labels, values }) => ({ labels, value: of(values) })),
	);
}

function selector(metric: MetricDeclaration, where: object): string {
	const matchers = Object.entries<Match>({ ...where }).map(([label, match]) => {
		if (typeof match === "string") return `${label}="${match}"`;
		return "not" in match ? `${label}!~"${match.not.join("|")}"` : `${label}=~"${match.join("|")}"`;
	});
	return matchers.length === 0 ? metric.name : `${metric.name}{${matchers.join(",")}}`;
}

function fits(labels: Labels, where: object): boolean {
	return Object.entries<Match>({ ...where }).every(([label, match]) => {
		const value = labels[label] ?? "";
		if (typeof match === "string") return value === match;
		return "not" in match ? !match.not.includes(value) : match.includes(value);
	});
}

export const sum = aggregation("sum", (values) => values.reduce((a, b) => a + b, 0));
export const max = aggregation("max", (values) => Math.max(...values));
export const min = aggregation("min", (values) => Math.min(...values));

/** `instance` is Prometheus's own: a process that looks at itself has none. */
function aggregation(name: string, of: (values: readonly number[]) => number) {
	return (by: readonly string[], inner: Expression): Expression => {
		const promql = `${name}${by.length === 0 ? "" : ` by (${by.join(", ")})`} (${inner.promql})`;
		return expression(promql, inner.reads, (moment) => {
			const groups = Map.groupBy(inner.evaluate(moment), ({ labels }) => keyOf(pick(labels, by)));
			return [...groups.values()].map((group) => ({
				labels: pick((group[0] as Sample).labels, by),
				value: of(group.map(({ value }) => value)),
			}));
		});
	};
}

/** Seconds since the moment that the metric gives. */
export const secondsSince = mapped(
	(inner) => `(time() - ${inner})`,
	(value, now) => now - value,
);
/** Seconds until then. */
export const secondsUntil = mapped(
	(inner) => `(${inner} - time())`,
	(value, now) => value - now,
);

export function times(inner: Expression, factor: number): Expression {
	return mapped(
		(promql) => `${promql} * ${factor}`,
		(value) => value * factor,
	)(inner);
}

export function noLessThan(inner: Expression, least: number): Expression {
	return mapped(
		(promql) => `clamp_min(${promql}, ${least})`,
		(value) => Math.max(value, least),
	)(inner);
}

function mapped(promql: (inner: string) => string, change: (value: number, now: number) => number) {
	return (inner: Expression): Expression =>
		expression(promql(inner.promql), inner.reads, (moment) =>
			inner.evaluate(moment).map(({ labels, value }) => ({ labels, value: change(value, moment.numbers.now) })),
		);
}

export function divided(above: Expression, below: Expression): Expression {
	return joined("/", above, below, (left, right) =>
		left.flatMap((one) => {
			const other = right.get(keyOf(one.labels));
			return other === undefined ? [] : [{ labels: one.labels, value: one.value / other.value }];
		}),
	);
}

export const above = comparison(">", (value, limit) => value > limit);
export const atLeast = comparison(">=", (value, limit) => value >= limit);
export const below = comparison("<", (value, limit) => value < limit);

/** Keeps what compares so, with its value. */
function comparison(sign: string, holds: (value: number, limit: number) => boolean) {
	return (inner: Expression, limit: number | Expression): Expression => {
		if (typeof limit !== "number") {
			return joined(sign, inner, limit, (left, right) =>
				left.filter(({ labels, value }) => {
					const other = right.get(keyOf(labels));
					return other !== undefined && holds(value, other.value);
				}),
			);
		}
		return expression(`(${inner.promql} ${sign} ${limit})`, inner.reads, (moment) =>
			inner.evaluate(moment).filter(({ value }) => holds(value, limit)),
		);
	};
}

/** Of the first, what the second has as well. */
export function and(first: Expression, second: Expression): Expression {
	return joined("and", first, second, (left, right) => left.filter(({ labels }) => right.has(keyOf(labels))));
}

/** Of the first, what the second has not. */
export function unless(first: Expression, second: Expression): Expression {
	return joined("unless", first, second, (left, right) => left.filter(({ labels }) => !right.has(keyOf(labels))));
}

export function or(first: Expression, second: Expression): Expression {
	return joined("or", first, second, (left, right) => {
		const known = new Set(left.map(({ labels }) => keyOf(labels)));
		return [...left, ...[...right].flatMap(([key, sample]) => (known.has(key) ? [] : [sample]))];
	});
}

function joined(
	sign: string,
	first: Expression,
	second: Expression,
	join: (left: readonly Sample[], right: ReadonlyMap<string, Sample>) => readonly Sample[],
): Expression {
	return expression(`(${first.promql} ${sign} ${second.promql})`, [...first.reads, ...second.reads], (moment) =>
		join(first.evaluate(moment), new Map(second.evaluate(moment).map((sample) => [keyOf(sample.labels), sample]))),
	);
}

function pick(labels: Labels, names: readonly string[]): Labels {
	return Object.fromEntries(names.flatMap((name) => (labels[name] === undefined ? [] : [[name, labels[name]]])));
}

/** The same for the same labels, in whatever order. */
export function keyOf(labels: Labels): string {
	return JSON.stringify(Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1)));
}
