import * as prometheus from "prom-client";
import { version } from "#core/version.ts";
import { defaultObjectives } from "#domain/objectives.ts";
import { LabelBounds } from "./label-bounds.ts";
import { type MetricDeclaration, metricCatalogue } from "./metric-catalogue.ts";

type OpenMetrics = prometheus.Registry<prometheus.OpenMetricsContentType>;
type LabelsOf<D extends MetricDeclaration> = Readonly<Record<D["labels"][number], string>>;

export interface Counter<D extends MetricDeclaration> {
	inc(labels: LabelsOf<D>, by?: number): void;
}

export interface Gauge<D extends MetricDeclaration> {
	set(labels: LabelsOf<D>, value: number): void;
	/** Forgets a series: nobody knows at the moment. */
	remove(labels: LabelsOf<D>): void;
	/** Forgets all of them. */
	reset(): void;
}

export interface Histogram<D extends MetricDeclaration> {
	/** `traceId`: of an example, by which Grafana leads from a bucket to its trace. */
	observe(labels: LabelsOf<D>, value: number, traceId?: string): void;
}

type InstrumentOf<D extends MetricDeclaration> = {
	readonly counter: Counter<D>;
	readonly gauge: Gauge<D>;
	readonly histogram: Histogram<D>;
}[D["kind"]];

type Instruments = { readonly [N in keyof typeof metricCatalogue]: InstrumentOf<(typeof metricCatalogue)[N]> };

/** The instruments of one process, by the names of the catalogue. */
export interface Metrics extends Instruments {
	readonly registry: OpenMetrics;
	/** The target of `objectives.result`, by which `objective` counts. */
	readonly resultWithinMs: number;
	/** Takes what is counted when somebody asks, not when it happens. */
	readonly sample: (sampler: Sampler) => void;
	readonly samplers: readonly Sampler[];
}

/** Sets gauges before they are told; one that fails leaves the series that it last set out. */
export interface Sampler {
	readonly gauges: readonly { reset(): void }[];
	readonly take: () => void | Promise<void>;
}

export interface MetricsOptions {
	readonly resultWithinMs?: number;
	/** Whether this process makes spans; an example of a trace that is nowhere leads nowhere. */
	readonly traces?: boolean;
}

/** Every metric of the catalogue, and what Node and the process tell of themselves: event loop, garbage, memory, descriptors. */
export function createMetrics({
	resultWithinMs = defaultObjectives.result.withinMs,
	traces = true,
}: MetricsOptions = {}): Metrics {
	const registry: OpenMetrics = new prometheus.Registry<prometheus.OpenMetricsContentType>();
	registry.setContentType(prometheus.openMetricsContentType);
	prometheus.collectDefaultMetrics({ register: registry });
	for (const metric of registry.getMetricsAsArray()) {
		registry.removeSingleMetric(metric.name);
		// Sums of others that are there by their type; a gauge that is called a total is refused by Prometheus's tool.
		if (String(metric.type) === "gauge" && metric.name.endsWith("_total")) continue;
		metric.name = withoutTotal(metric.name, metric.type);
		registry.registerMetric(metric as unknown as prometheus.Metric);
	}
	const instruments = Object.fromEntries(
		Object.entries(metricCatalogue).map(([name, declaration]) => [name, instrument(declaration, registry, traces)]),
	) as unknown as Instruments;
	const samplers: Sampler[] = [];
	instruments.build.set(
		{ version: version(), node: process.version, system: `${process.platform}-${process.arch}` },
		1,
	);
	return { ...instruments, registry, resultWithinMs, samplers, sample: (sampler) => samplers.push(sampler) };
}

function instrument(declaration: MetricDeclaration, registry: OpenMetrics, traces: boolean) {
	const { help } = declaration;
	const name = withoutTotal(declaration.name, declaration.kind);
	const labelNames: string[] = [...declaration.labels];
	const registers = [registry];
	const bounds = new LabelBounds(labelNames);
	type Labels = Record<string, string>;
	switch (declaration.kind) {
		case "counter": {
			const counter = new prometheus.Counter({ name, help, labelNames, registers });
			return { inc: (labels: Labels, by = 1) => counter.inc(bounds.bound(labels), by) };
		}
		case "gauge": {
			const gauge = new prometheus.Gauge({ name, help, labelNames, registers });
			return {
				set: (labels: Labels, value: number) => gauge.set(bounds.bound(labels), value),
				remove: (labels: Labels) => gauge.remove(bounds.bound(labels)),
				reset: () => gauge.reset(),
			};
		}
		case "histogram": {
			const buckets = [...declaration.buckets];
			const histogram = new prometheus.Histogram({
				name,
				help,
				labelNames,
				registers,
				buckets,
				enableExemplars: true,
			});
			return {
				observe: (labels: Labels, value: number, traceId?: string) => {
					const exemplarLabels: Record<string, string> = traces && traceId ? { trace_id: traceId } : {};
					histogram.observe({ labels: bounds.bound(labels), value, exemplarLabels });
				},
			};
		}
	}
}

/** OpenMetrics calls a counter by the name without it, and its samples by the name with it. */
function withoutTotal(name: string, kind: unknown): string {
	return kind === "counter" ? name.replace(/_total$/, "") : name;
}
