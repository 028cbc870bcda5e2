import { workerData } from "node:worker_threads";
import { type Context, type LogRecord, ROOT_CONTEXT, SeverityNumber, trace } from "@opentelemetry/api";
import { LoggerProvider, type LogRecordExporter, type ReadableLogRecord } from "@opentelemetry/sdk-logs";
import type { OtlpSettings } from "./otlp-batches.ts";
import { exchange, overGrpc, overHttp } from "./otlp-exchange.ts";
import { resourceOf } from "./otlp-resource.ts";

/** Lines of the log as OpenTelemetry has them, sent by its exporter, in a thread of its own. */
const settings = workerData as OtlpSettings;

/** Of the batch that is made: filled when a record is emitted. */
let emitted: ReadableLogRecord[] = [];

const provider = new LoggerProvider({
	resource: resourceOf(settings),
	processors: [{ onEmit: (record) => void emitted.push(record), forceFlush: async () => {}, shutdown: async () => {} }],
});
const logger = provider.getLogger("watchrabbit", settings.version);
exchange(
	(lines: readonly string[]) => {
		const records: ReadableLogRecord[] = [];
		emitted = records;
		for (const line of lines) logger.emit(recordOf(line));
		return records;
	},
	await createExporter(),
);

async function createExporter(): Promise<LogRecordExporter> {
	if (settings.protocol === "http") {
		const { OTLPLogExporter } = await import("@opentelemetry/exporter-logs-otlp-proto");
		return new OTLPLogExporter(overHttp(settings));
	}
	const { OTLPLogExporter } = await import("@opentelemetry/exporter-logs-otlp-grpc");
	return new OTLPLogExporter(await overGrpc(settings));
}

interface Line {
	readonly level: string;
	readonly time: string;
	readonly msg: string;
	readonly event?: string;
	readonly trace_id?: string;
	readonly span_id?: string;
}

/** One that cannot be read is told as it is: the others of its batch have nothing to do with it. */
function recordOf(line: string): LogRecord {
	try {
		return fieldsOf(JSON.parse(line));
	} catch {
		return { body: line };
	}
}

/** Trace and level are fields of the record itself; what the resource says of the process is not said again. */
function fieldsOf({ level, time, msg, event, trace_id, span_id, ...fields }: Line): LogRecord {
	const { host: _host, pid: _pid, roles: _roles, version: _version, ...attributes } = fields as Record<string, never>;
	return {
		timestamp: new Date(Date.parse(time) || Date.now()),
		severityText: level,
		severityNumber: SeverityNumber[level.toUpperCase() as keyof typeof SeverityNumber],
		body: msg,
		attributes,
		...(event === undefined ? {} : { eventName: event }),
		...(trace_id === undefined || span_id === undefined ? {} : { context: contextOf(trace_id, span_id) }),
	};
}

function contextOf(traceId: string, spanId: string): Context {
	return trace.setSpanContext(ROOT_CONTEXT, { traceId, spanId, traceFlags: 1, isRemote: true });
}
