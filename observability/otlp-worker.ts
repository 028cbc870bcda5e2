import { workerData } from "node:worker_threads";
import { type Context, type HrTime, ROOT_CONTEXT, SpanKind, SpanStatusCode, trace } from "@opentelemetry/api";
import { NodeSDK } from "@opentelemetry/sdk-node";
import { AlwaysOnSampler, type ReadableSpan, type SpanExporter, type SpanProcessor } from "@opentelemetry/sdk-trace";
import { spanId, type Trace, traceId } from "#core/trace.ts";
import { hops } from "#domain/hops.ts";
import type { OtlpSettings } from "./otlp-batches.ts";
import { exchange, overGrpc, overHttp } from "./otlp-exchange.ts";
import { resourceOf } from "./otlp-resource.ts";
import type { Span } from "./span.ts";

/**
 * Spans as OpenTelemetry has them, sent by its exporters: in a thread of its own, so that neither loading all this nor a
 * collector that hangs is felt by anybody.
 */
const settings = workerData as OtlpSettings;

/** Of the batch that is made: filled when a span ends. */
let ended: ReadableSpan[] = [];
/** Ids were given when the hop began. */
let next: Trace;

const collecting: SpanProcessor = {
	onStart() {},
	onEnd: (span) => void ended.push(span),
	forceFlush: async () => {},
	shutdown: async () => {},
};

const sdk = new NodeSDK({
	// What OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES say goes before.
	resource: resourceOf(settings),
	spanProcessors: [collecting],
	sampler: new AlwaysOnSampler(),
	idGenerator: { generateTraceId: () => traceId(next), generateSpanId: () => spanId(next) },
	metricReaders: [],
	logRecordProcessors: [],
	textMapPropagator: null,
});
sdk.start();
const tracer = trace.getTracer("watchrabbit", settings.version);

exchange(
	(spans: readonly Span[]) => {
		const made: ReadableSpan[] = [];
		ended = made;
		for (const span of spans) make(span);
		return made;
	},
	await createExporter(),
);

function make({ hop, name, at, below, startMs, endMs, attributes, failure, links }: Span): void {
	next = at;
	const span = tracer.startSpan(
		name,
		{
			kind: SpanKind[hops[hop].kind.toUpperCase() as keyof typeof SpanKind],
			startTime: hrTime(startMs),
			attributes,
			links: links.map((link) => ({ context: spanContext(link) })),
		},
		below === undefined ? ROOT_CONTEXT : contextOf(below),
	);
	if (failure !== undefined) span.setStatus({ code: SpanStatusCode.ERROR, message: failure.message });
	span.end(hrTime(endMs));
}

function contextOf(at: Trace): Context {
	return trace.setSpanContext(ROOT_CONTEXT, spanContext(at));
}

function spanContext(at: Trace) {
	return { traceId: traceId(at), spanId: spanId(at), traceFlags: 1, isRemote: true };
}

/** Whole seconds, and nanoseconds. */
function hrTime(ms: number): HrTime {
	const seconds = Math.floor(ms / 1000);
	return [seconds, Math.round((ms - seconds * 1000) * 1e6)];
}

async function createExporter(): Promise<SpanExporter> {
	if (settings.protocol === "http") {
		const { OTLPTraceExporter } = await import("@opentelemetry/exporter-trace-otlp-proto");
		return new OTLPTraceExporter(overHttp(settings));
	}
	const { OTLPTraceExporter } = await import("@opentelemetry/exporter-trace-otlp-grpc");
	return new OTLPTraceExporter(await overGrpc(settings));
}
