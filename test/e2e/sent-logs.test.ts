import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import type { InternalEvent } from "#domain/report.ts";
import { createReport, declarations } from "#observability/events.ts";
import type { HealthReport } from "#observability/health-report.ts";
import { createLogger } from "#observability/logger.ts";
import { OtlpLogs } from "#observability/otlp-logs.ts";
import { exampleEvents, exampleTrace } from "#test/support/example-events.ts";
import { createLab, type ListedResult } from "#test/support/lab.ts";
import { eventually, type Product } from "#test/support/product.ts";
import { type OtlpReceiver, startOtlpReceiver } from "#test/support/servers/otlp-receiver.ts";
import { describeWith } from "#test/support/services.ts";

describeWith(["otlp"], "the log, sent to a collector of OpenTelemetry", () => {
	let receiver: OtlpReceiver;
	let lab: Product | undefined;
	beforeAll(async () => {
		receiver = await startOtlpReceiver();
	});
	afterEach(async () => {
		await lab?.remove();
		lab = undefined;
	});
	afterAll(() => receiver.stop());

	const received = <T>(look: () => T | undefined) => eventually(look, () => "the collector has the record", 20_000);
	const collector = async (address: string) => {
		const { dependencies } = (await (await fetch(`${address}/health`)).json()) as HealthReport;
		return dependencies.find(({ name }) => name === "collector of logs");
	};
	const toCollector = (url: string) =>
		`telemetry: { logs: { otlp: "${url}", headers: { authorization: Bearer tok-12345678 } } }`;

	it("has each event with its level, its name and its trace as the record's own fields", async () => {
		let dropped = 0;
		const settings = {
			url: `${receiver.url}/v1/logs`,
			protocol: "http" as const,
			headers: {},
			timeoutMs: 5_000,
			version: "1.0.0",
			roles: ["work"],
		};
		const logs = new OtlpLogs(settings, {
			dropped: (count) => {
				dropped += count;
			},
		});
		const process = { host: "lab-1", pid: 7, roles: "work", version: "1.0.0" };
		const stream = { write: () => {} };
		const copy = (line: string) => logs.add(line);
		const logger = createLogger({ level: "trace", pretty: true, colours: false, process, stream, copy });
		const report = createReport({ logger });
		const all: readonly InternalEvent[] = Object.values(exampleEvents);
		for (const event of all) report(event);
		const failed = await received(() => receiver.logs.find(({ eventName }) => eventName === "job.failed"));
		expect(failed).toMatchObject({
			traceId: exampleTrace.id,
			spanId: exampleTrace.span,
			severityText: "warn",
			severityNumber: 13,
			body: { stringValue: expect.stringContaining("no wells") },
		});
		const attributes = new Map(failed.attributes.map(({ key, value }) => [key, value]));
		expect(attributes.get("acquisition")).toEqual({ stringValue: "day 1/a\n.csv" });
		for (const said of ["trace_id", "span_id", "host", "pid", "level", "time", "msg"]) {
			expect(attributes.has(said), said).toBe(false);
		}
		await logs.close();
		expect(dropped).toBe(0);
		const names = new Set(receiver.logs.map(({ eventName }) => eventName));
		const spoken = all.filter(({ event }) => declarations[event].level !== "silent");
		for (const { event } of spoken) expect(names, event).toContain(event);
	});

	it("is that of a process, and its trace is the one of the result", async () => {
		lab = await createLab({ more: toCollector(receiver.url), environment: { WATCHRABBIT_LOG_LEVEL: "info" } });
		const up = lab.start("up");
		const address = await up.address();
		await lab.write("data/plate.csv", "1;2;3\n");
		await up.says(/analysed in/);
		const [result] = await lab.json<ListedResult>("list", "results");
		const completed = await received(() =>
			receiver.logs.find(
				({ eventName, body }) => eventName === "job.completed" && body.stringValue.includes("plate.csv analysed"),
			),
		);
		const manifest = await fetch(`${address}/api/v1/results/${result?.id}/manifest`);
		expect(((await manifest.json()) as { traceId: string }).traceId).toBe(completed.traceId);
		expect(await collector(address)).toMatchObject({ state: "up", latencySeconds: expect.any(Number) });
		await up.stop();
		await received(() => receiver.logs.find(({ body }) => body.stringValue === "ended"));
	});

	it("a collector that is down changes nothing but a counter", async () => {
		lab = await createLab({ more: toCollector("http://127.0.0.1:1"), environment: { WATCHRABBIT_LOG_LEVEL: "info" } });
		const up = lab.start("up", "--json");
		const address = await up.address();
		await lab.write("data/plate.csv", "1;2;3\n");
		await up.says(/analysed in/);
		await up.says(/the collector of logs does not take what it is sent/);
		await eventually(
			async () => {
				const metrics = await (await fetch(`${address}/metrics`)).text();
				return /watchrabbit_telemetry_dropped_total\{signal="logs"\} [1-9]/.test(metrics) ? true : undefined;
			},
			() => "what was dropped is counted",
		);
		expect(await collector(address)).toMatchObject({ state: "down", lastError: { code: "COLLECTOR_AWAY" } });
		expect((await fetch(`${address}/health/ready`)).status).toBe(200);
		const { code, stderr } = await up.stop();
		expect(code).toBe(0);
		expect(stderr.match(/the collector of logs/g)).toHaveLength(1);
	});
});
