import { openMetricsContentType, prometheusContentType } from "prom-client";
import { metricsText } from "./exposition-text.ts";
import type { Metrics, Sampler } from "./metrics.ts";

/** What a sampler may take: a neighbour that hangs costs its own series, not the scrape. */
const patienceMs = 2_000;

export interface Exposition {
	readonly contentType: string;
	readonly text: string;
}

/**
 * All metrics as text: OpenMetrics with exemplars for who accepts it, as Prometheus does, the older format for the others.
 */
export async function expose(metrics: Metrics, accept: string | undefined): Promise<Exposition> {
	await takeSamples(metrics);
	const openMetrics = accept?.includes("application/openmetrics-text") ?? false;
	const contentType = openMetrics ? openMetricsContentType : prometheusContentType;
	return { contentType, text: await metricsText(metrics, openMetrics) };
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
