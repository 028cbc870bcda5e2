import { spawn } from "node:child_process";
import { once } from "node:events";
import { dirname } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as passed } from "node:timers/promises";
import { requireService } from "../services.ts";
import { freePort } from "./free-port.ts";

/** As OTLP has it in JSON. */
export interface ReceivedSpan {
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
	const spans: ReceivedSpan[] = [];
	const logs: ReceivedLog[] = [];
	createInterface({ input: server.stdout }).on("line", (line) => {
		const told: unknown = line.startsWith("{") ? JSON.parse(line) : undefined;
		if (typeof told === "object" && told !== null && "spanId" in told && "name" in told) {
			spans.push(told as ReceivedSpan);
		}
		if (typeof told === "object" && told !== null && "severityText" in told) logs.push(told as ReceivedLog);
	});
	const url = `http://127.0.0.1:${port}`;
	for (const until = Date.now() + readyWithinMs; ; await passed(50)) {
		try {
			await (await fetch(url)).arrayBuffer();
			break;
		} catch (cause) {
			if (server.exitCode !== null || Date.now() > until) throw new Error("OtelTap does not start", { cause });
		}
	}
	return {
		url,
		spans,
		logs,
		stop: async () => {
			process.removeListener("exit", endWithUs);
			const ended = once(server, "exit");
			server.kill("SIGKILL");
			await ended;
		},
	};
}
