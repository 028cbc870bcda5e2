import { spawn } from "node:child_process";
import { once } from "node:events";
import { dirname } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as passed } from "node:timers/promises";
import { requireService } from "../services.ts";
import { freePort } from "./free-port.ts";
import { type Resource, startResourceReader } from "./otlp-resources.ts";

/** As OTLP has it in JSON. */
export interface ReceivedSpan {
	/** Of the process that sent it. */
	readonly resource: Resource;
	readonly traceId: string;
	readonly spanId: string;
	/** Empty of a root. */
	readonly parentSpanId: string;
	readonly name: string;
	readonly kind: number;
	readonly startTimeUnixNano: string;
	readonly endTimeUnixNano: string;
	readonly attributes: readonly { readonly key: string; readonly value: Readonly<Record<string, unknown>> }[];
	readonly links: readonly { readonly traceId: string; readonly spanId: string }[];
	/** 2: an error. */
	readonly status: { readonly code: number; readonly message: string };
}

/** As OTLP has it in JSON. */
export interface ReceivedLog {
	readonly traceId: string;
	readonly spanId: string;
	readonly eventName: string;
	readonly severityText: string;
	readonly severityNumber: number;
	readonly body: { readonly stringValue: string };
	readonly attributes: ReceivedSpan["attributes"];
}

/** A collector that keeps what it is sent. */
export interface OtlpReceiver {
	readonly url: string;
	readonly spans: readonly ReceivedSpan[];
	readonly logs: readonly ReceivedLog[];
	stop(): Promise<void>;
}

const readyWithinMs = 20_000;

/** A real OtelTap, for one test file. */
export async function startOtlpReceiver(): Promise<OtlpReceiver> {
	const program = requireService("otlp");
	const port = await freePort();
	const server = spawn(program, ["--port", String(port)], {
		stdio: ["ignore", "pipe", "ignore"],
		// Where it was put by pip --target, its modules lie beside its directory of programs.
		env: { ...process.env, PYTHONUNBUFFERED: "1", PYTHONPATH: dirname(dirname(program)) },
	});
	const endWithUs = () => server.kill("SIGKILL");
	process.once("exit", endWithUs);
	const collector = `http://127.0.0.1:${port}`;
	const reader = await startResourceReader(collector);
	const spans: ReceivedSpan[] = [];
	const logs: ReceivedLog[] = [];
	createInterface({ input: server.stdout }).on("line", (line) => {
		const told: unknown = line.startsWith("{") ? JSON.parse(line) : undefined;
		if (typeof told === "object" && told !== null && "spanId" in told && "name" in told) {
			const span = told as ReceivedSpan;
			spans.push({ ...span, resource: reader.of(span.spanId) });
		}
		if (typeof told === "object" && told !== null && "severityText" in told) logs.push(told as ReceivedLog);
	});
	for (const until = Date.now() + readyWithinMs; ; await passed(50)) {
		try {
			await (await fetch(collector)).arrayBuffer();
			break;
		} catch (cause) {
			if (server.exitCode !== null || Date.now() > until) throw new Error("OtelTap does not start", { cause });
		}
	}
	return {
		url: reader.url,
		spans,
		logs,
		stop: async () => {
			process.removeListener("exit", endWithUs);
			reader.stop();
			const ended = once(server, "exit");
			server.kill("SIGKILL");
			await ended;
		},
	};
}
