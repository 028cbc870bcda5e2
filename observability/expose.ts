import { setImmediate as othersTurn } from "node:timers/promises";
import { openMetricsContentType, prometheusContentType } from "prom-client";
import type { Metrics, Sampler } from "./metrics.ts";

/** What a sampler may take: a neighbour that hangs costs its own series, not the scrape. */
const patienceMs = 2_000;

export interface Exposition {
	readonly contentType: string;
	readonly text: string;
}

/**
 * All metrics as text: OpenMetrics with exemplars for who accepts it, as Prometheus does, the older format for the others.
 * It is written a metric at a time, and others get their turn in between.
 */
export async function expose(metrics: Metrics, accept: string | undefined): Promise<Exposition> {
	await takeSamples(metrics);
	const { registry } = metrics;
	const parts: string[] = [];
	for (const { name } of registry.getMetricsAsArray()) {
		parts.push(withNoNumbers(await registry.getSingleMetricAsString(name)));
		await othersTurn();
	}
	const text = `${parts.join("\n")}\n# EOF\n`;
	if (accept?.includes("application/openmetrics-text")) return { contentType: openMetricsContentType, text };
	return { contentType: prometheusContentType, text: olderText(text) };
}

/** Brings what is counted when somebody asks. */
export async function takeSamples({ samplers }: Metrics): Promise<void> {
	await Promise.all(samplers.map(sampled));
}

/** A neighbour that is away leaves its series out; the others are still told. Health says who is away. */
async function sampled({ gauges, take }: Sampler): Promise<void> {
	let timer: NodeJS.Timeout | undefined;
	const late = new Promise<never>((_, reject) => {
		timer = setTimeout(() => reject(new Error("late")), patienceMs);
	});
	try {
		await Promise.race([take(), late]);
	} catch {
		for (const gauge of gauges) gauge.reset();
	} finally {
		clearTimeout(timer);
	}
}

/** Written by prom-client in a way of its own, which both formats do not know. */
function withNoNumbers(part: string): string {
	return part.includes(" Nan\n") ? part.replace(/ Nan$/gm, " NaN") : part;
}

/** The format before OpenMetrics knows no exemplars and no end, and calls a counter by the name of its samples. */
function olderText(text: string): string {
	return text
		.replace(/^# EOF\n/m, "")
		.replace(/ # \{[^\n]*$/gm, "")
		.replace(/^# TYPE (\S+) counter$/gm, "# TYPE $1_total counter")
		.replace(/^# HELP (\S+)/gm, (line, name: string) =>
			text.includes(`# TYPE ${name} counter`) ? `${line}_total` : line,
		);
}
