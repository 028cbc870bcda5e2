/** Undefined: nothing is sent, unless OpenTelemetry's own variables say where to. */
export interface TelemetrySettings {
	readonly traces: TraceSettings | undefined;
	/** Undefined: they stay where the process writes them. */
	readonly logs: LogSettings | undefined;
}

export interface LogSettings {
	readonly otlp: string;
	readonly protocol: "http" | "grpc";
	readonly headers: Readonly<Record<string, string>>;
}

export interface TraceSettings {
	/** Undefined: what OTEL_EXPORTER_OTLP_… say. */
	readonly otlp?: string | undefined;
	readonly protocol?: "http" | "grpc" | undefined;
	readonly headers: Readonly<Record<string, string>>;
	/** 0 to 1. */
	readonly sample: number;
	readonly mostPerSecond: number;
}
