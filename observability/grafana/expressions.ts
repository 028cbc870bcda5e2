import { type MetricDeclaration, metricCatalogue } from "../metric-catalogue.ts";

/** PromQL over the catalogue: a metric that is renamed, or a label that it has not, fails to compile. */
type Kind<K extends MetricDeclaration["kind"]> = Extract<MetricDeclaration, { kind: K }>;
type LabelOf<D extends MetricDeclaration> = D["labels"][number];
/** Also by which process told it: those that Prometheus gives every series. */
type By<D extends MetricDeclaration> = readonly (LabelOf<D> | "instance")[];
/** Values of labels; with a "|" in it one of several. */
type Where<D extends MetricDeclaration> = { readonly [L in LabelOf<D>]?: string };

/** What a person narrows a dashboard to, by variables of the same names. */
const narrowed = ["source", "pipeline", "pool"] as const;

/** Of the processes that are chosen. */
export const chosenProcesses = 'instance=~"$instance"';
export const rateWindow = "$__rate_interval";

export function series<D extends MetricDeclaration>(
	{ name, labels }: D,
	where: Where<D> = {},
	suffix: "" | "_bucket" | "_sum" | "_count" = "",
): string {
	const has = (label: string) => (labels as readonly string[]).includes(label) && !(label in where);
	const matchers = [
		chosenProcesses,
		...narrowed.filter(has).map((label) => `${label}=~"$${label}"`),
		...Object.entries(where as Readonly<Record<string, string>>).map(
			([label, value]) => `${label}${value.includes("|") ? "=~" : "="}"${value}"`,
		),
	];
	return `${name}${suffix}{${matchers.join(", ")}}`;
}

/** Of a state that several processes tell alike, such as what is in the catalog: it is not to be added up. */
export function told<D extends Kind<"gauge">>(gauge: D, by: By<D> = [], where: Where<D> = {}): string {
	return `${aggregate("max", by)} (${series(gauge, where)})`;
}

/** Of a state that is good as 1 and bad as 0, wherever it is bad. */
export function worst<D extends Kind<"gauge">>(gauge: D, by: By<D> = [], where: Where<D> = {}): string {
	return `${aggregate("min", by)} (${series(gauge, where)})`;
}

/** Of a state of which each process tells its own part. */
export function summed<D extends Kind<"gauge">>(gauge: D, by: By<D> = [], where: Where<D> = {}): string {
	return `${aggregate("sum", by)} (${series(gauge, where)})`;
}

/** Since the processes started. */
export function total<D extends Kind<"counter">>(counter: D, by: By<D> = [], where: Where<D> = {}): string {
	return `${aggregate("sum", by)} (${series(counter, where)})`;
}

/** A second. */
export function rate<D extends Kind<"counter">>(
	counter: D,
	by: By<D> = [],
	where: Where<D> = {},
	window = rateWindow,
): string {
	return `${aggregate("sum", by)} (rate(${series(counter, where)}[${window}]))`;
}

/** Samples of a histogram a second. */
export function frequency<D extends Kind<"histogram">>(histogram: D, by: By<D> = [], where: Where<D> = {}): string {
	return `${aggregate("sum", by)} (rate(${series(histogram, where, "_count")}[${rateWindow}]))`;
}

export function quantile<D extends Kind<"histogram">>(
	q: number,
	histogram: D,
	by: By<D> = [],
	where: Where<D> = {},
	window = rateWindow,
): string {
	const buckets = `${aggregate("sum", ["le", ...by])} (rate(${series(histogram, where, "_bucket")}[${window}]))`;
	return `histogram_quantile(${q}, ${buckets})`;
}

export function mean<D extends Kind<"histogram">>(
	histogram: D,
	by: By<D> = [],
	where: Where<D> = {},
	window = rateWindow,
): string {
	const part = (suffix: "_sum" | "_count") =>
		`${aggregate("sum", by)} (rate(${series(histogram, where, suffix)}[${window}]))`;
	return `${part("_sum")} / (${part("_count")} > 0)`;
}

/** How many samples came into each bucket. */
export function buckets<D extends Kind<"histogram">>(histogram: D, where: Where<D> = {}): string {
	return `sum by (le) (increase(${series(histogram, where, "_bucket")}[${rateWindow}]))`;
}

/** Nothing while there is no whole: a share of nothing is no number. */
export function share(part: string, whole: string): string {
	return `${part} / (${whole} > 0)`;
}

/** Where nothing is told because nothing happened. While no process is scraped nothing is known, and 0 would be a lie. */
export function orZero(expression: string): string {
	return `(${expression}) or 0 * count(${series(metricCatalogue.build)})`;
}

function aggregate(operator: "max" | "min" | "sum", by: readonly string[]): string {
	return by.length === 0 ? operator : `${operator} by (${by.join(", ")})`;
}
