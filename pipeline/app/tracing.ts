import type { Role } from "#cli/application.ts";
import type { Tracer } from "#core/ports/tracer.ts";
import { version } from "#core/version.ts";
import type { Report } from "#domain/report.ts";
import type { Settings } from "#domain/settings.ts";
import type { TraceSettings } from "#domain/telemetry-settings.ts";
import type { Metrics } from "#observability/metrics.ts";
import { OtlpSpans } from "#observability/otlp-spans.ts";
import { measuring, type Observe, Tracing } from "#observability/tracing.ts";
import { addressOf, tellsOf } from "./collector.ts";

export interface OpenedTracing {
	readonly tracer: Tracer;
	/** Resolves within a second, with what could be sent. */
	close(): Promise<void>;
}

type Environment = Readonly<Record<string, string | undefined>>;

const timeoutMs = 5_000;

/** Hops are measured in every process; spans of them are made and sent where a collector is known. */
export function openTracing(
	settings: Settings,
	roles: readonly Role[],
	{ metrics, report }: { readonly metrics: Metrics; readonly report: Report },
	environment: Environment = process.env,
): OpenedTracing {
	const observe: Observe = (hop, seconds, trace) => metrics.hopSeconds.observe({ hop }, seconds, trace);
	const wanted = tracesWanted(settings, environment);
	if (wanted === undefined) return { tracer: measuring(observe), close: async () => {} };
	const protocol = wanted.protocol ?? protocolIn(environment);
	const sink = new OtlpSpans(
		{
			url: wanted.otlp && addressOf(wanted.otlp, protocol, "traces"),
			protocol,
			headers: wanted.headers,
			timeoutMs,
			version: version(),
			roles,
		},
		tellsOf("traces", report),
	);
	const sampling = { share: wanted.sample, mostPerSecond: wanted.mostPerSecond };
	const tracer = new Tracing({ observe, sink, sampling, neighbours: neighboursOf(settings) });
	return { tracer, close: () => sink.close() };
}

const asByDefault: TraceSettings = { headers: {}, sample: 1, mostPerSecond: 50 };

/** What the configuration says, or else OpenTelemetry's own variables. */
export function tracesWanted(
	{ telemetry }: Pick<Settings, "telemetry">,
	environment: Environment = process.env,
): TraceSettings | undefined {
	const { OTEL_SDK_DISABLED, OTEL_TRACES_EXPORTER = "otlp" } = environment;
	if (OTEL_SDK_DISABLED?.toLowerCase() === "true") return undefined;
	if (telemetry.traces !== undefined) return telemetry.traces;
	const address = environment.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT ?? environment.OTEL_EXPORTER_OTLP_ENDPOINT;
	return address === undefined || OTEL_TRACES_EXPORTER !== "otlp" ? undefined : asByDefault;
}

function protocolIn(environment: Environment): "http" | "grpc" {
	const said = environment.OTEL_EXPORTER_OTLP_TRACES_PROTOCOL ?? environment.OTEL_EXPORTER_OTLP_PROTOCOL;
	return said === "grpc" ? "grpc" : "http";
}

/** By the names that OpenTelemetry has for systems, where it has one. */
function neighboursOf({ services, data }: Settings) {
	const { broker, catalog, objects } = services;
	const messaging = { "messaging.system.name": broker === undefined ? "sqlite" : "rabbitmq" };
	return {
		log: { ...messaging, ...(broker && serverOf(broker.url)) },
		queue: { ...messaging, ...(broker && serverOf(broker.url)) },
		catalog: {
			"db.system.name": catalog === undefined ? "sqlite" : "postgresql",
			...(catalog && { ...serverOf(catalog.url), "db.namespace": new URL(catalog.url).pathname.slice(1) }),
		},
		objects: objects === undefined ? { "file.directory": data } : { "aws.s3.bucket": objects.bucket },
	};
}

function serverOf(address: string) {
	const { hostname, port } = new URL(address);
	return { "server.address": hostname, ...(port !== "" && { "server.port": Number(port) }) };
}
