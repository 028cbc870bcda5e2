import { parentPort, workerData } from "node:worker_threads";
import { type Context, type LogRecord, ROOT_CONTEXT, SeverityNumber, trace } from "@opentelemetry/api";
import { OTLPLogExporter } from "@opentelemetry/exporter-logs-otlp-proto";
import { LoggerProvider, type ReadableLogRecord } from "@opentelemetry/sdk-logs";
import type { Answer, OtlpSettings } from "./otlp-batches.ts";
import { resourceOf } from "./otlp-resource.ts";

/** Lines of the log as OpenTelemetry has them, sent by its exporter, in a thread of its own. */
const { url, headers, timeoutMs, version, roles } = workerData as OtlpSettings;

/** Of the batch that is made: filled when a record is emitted. */
let emitted: ReadableLogRecord[] = [];

const provider = new LoggerProvider({
	resource: resourceOf({ version, roles }),
	processors: [{ onEmit: (record) => void emitted.push(record), forceFlush: async () => {}, shutdown: async () => {} }],
});
const logger = provider.getLogger("watchrabbit", version);
const address = url === undefined ? {} : { url };
const exporter = new OTLPLogExporter({ ...address, headers: { ...headers }, timeoutMillis: timeoutMs });

parentPort?.on("message", async (lines: readonly string[]) => {
	const failure = await sendAll(lines).catch((thrown: unknown) => String(thrown));
	parentPort?.postMessage({ failure } satisfies Answer);
});

/** Gives why they were not taken. */
async function sendAll(lines: readonly string[]): Promise<string | undefined> {
	const records: ReadableLogRecord[] = [];
	emitted = records;
	for (const line of lines) logger.emit(recordOf(line));
	return await new Promise((resolve) => {
		exporter.export(records, ({ code, error }) =>
			resolve(code === 0 ? undefined : (error?.message ?? "it was not taken, nobody says why")),
		);
	});
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
