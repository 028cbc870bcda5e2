import { spawnSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { SqliteEventLog } from "#connectors/sqlite/event-log.ts";
import { SqliteLedger } from "#connectors/sqlite/ledger.ts";
import type { Observation } from "#core/ports/ledger.ts";
import { startTrace } from "#core/trace.ts";
import { placesIn } from "#domain/places.ts";
import { type MetricDeclaration, metricCatalogue } from "#observability/metric-catalogue.ts";
import { follow } from "#test/support/following.ts";
import { createLab, type ListedResult, listed } from "#test/support/lab.ts";
import { eventually, type Product, type Running } from "#test/support/product.ts";
import { parsePrometheusText } from "#test/support/prometheus-text.ts";
import { describeWith, requireService } from "#test/support/services.ts";

/** What one process with embedded state cannot tell, and where it is seen to be told. */
const toldElsewhere: Partial<Record<keyof typeof metricCatalogue, string>> = {
	fenced: "another worker has to take a job over: test/unit/observability/report.test.ts",
	certificateEnd: "a service with TLS: test/unit/observability/machine-gauges.test.ts",
	certificateLifetime: "a service with TLS: test/unit/observability/machine-gauges.test.ts",
	sinkWaiting: "a service that is told onwards: test/e2e/sink-away.test.ts",
	neighbourFailures: "a service that goes away: test/integration/postgres/metrics.test.ts",
};

const hourMs = 3_600_000;

describeWith(["r", "promtool"], "metrics of a lab on one machine", () => {
	let lab: Product;
	let up: Running;
	let address: string;
	beforeAll(async () => {
		lab = await createLab({
			pipeline: `  broken:
    from: instrument
    analysis: ./broken.R
    retry: { attempts: 1 }`,
			more: `pools:
  default: { workers: 1, engine: fork, recycle: { runs: 1 } }
telemetry:
  traces: { otlp: "http://127.0.0.1:9" }`,
			files: { "broken.R": 'stop("no wells")\n' },
		});
		await before(join(lab.directory, "state"));
		up = lab.start("up");
		address = await up.address();
		const leave = await follow(address);
		await lab.write("data/plate.csv", "1;2;3\n");
		const [result] = await listed<ListedResult>(address, "results", (results) => results.length === 1);
		await listed<{ state: string }>(address, "jobs", (jobs) => jobs.some(({ state }) => state === "dead"));
		leave();
		for (let i = 0; i < 2; i++) await fetch(`${address}/api/v1/results/${result?.id}/manifest`);
	});
	afterAll(() => lab.remove());

	/** What was here before: a source with a rhythm, one that is configured no more, and a message that nobody can read. */
	async function before(data: string): Promise<void> {
		mkdirSync(data, { recursive: true });
		const stat = { size: 1, mtimeNs: 1n, ctimeNs: 1n, inode: 1n };
		const seen = (path: string, at: number): Observation => {
			return { kind: "changed", path, stat, folder: undefined, at, wakeAt: at };
		};
		const ledger = new SqliteLedger(placesIn(data).ledger);
		for (let i = 30; i > 0; i--) ledger.observe("instrument", [seen(`${i}.csv`, Date.now() - i * hourMs)]);
		ledger.observe("former", [seen("a.csv", Date.now())]);
		ledger.close();
		const log = new SqliteEventLog(placesIn(data).log);
		await log.append([{ id: "e1", key: "instrument", body: "{", ...startTrace() }]);
		await log.close();
	}

	async function text(accept = "text/plain"): Promise<string> {
		return await (await fetch(`${address}/metrics`, { headers: { accept } })).text();
	}

	const declared = Object.entries(metricCatalogue) as [keyof typeof metricCatalogue, MetricDeclaration][];

	it("are all told", async () => {
		let missing: string[] = [];
		await eventually(
			async () => {
				const told = new Set(
					parsePrometheusText(await text()).map(({ name }) => name.replace(/_(bucket|sum|count)$/, "")),
				);
				missing = declared.filter(([key, { name }]) => !told.has(name) && !(key in toldElsewhere)).map(([key]) => key);
				return missing.length === 0 ? true : undefined;
			},
			() => `every metric is told; missing are ${missing.join(", ")}`,
			20_000,
		);
	});

	it("pass what Prometheus's own tool asks of metrics", async () => {
		const { status, stdout, stderr } = spawnSync(requireService("promtool"), ["check", "metrics"], {
			input: await text(),
			encoding: "utf8",
		});
		expect(`${stdout}${stderr}`).toBe("");
		expect(status).toBe(0);
	});

	it("say what happened", async () => {
		const samples = parsePrometheusText(await text());
		const value = (name: string, labels: Record<string, string>) =>
			samples.find(
				(sample) =>
					sample.name === `watchrabbit_${name}` &&
					Object.entries(labels).every(([label, wanted]) => sample.labels[label] === wanted),
			)?.value;
		expect(value("changes_total", { source: "instrument" })).toBeGreaterThanOrEqual(1);
		expect(value("unaccounted_files", { source: "instrument" })).toBe(0);
		expect(value("source_usual_gap_seconds", { source: "instrument" })).toBeGreaterThanOrEqual(3_599);
		expect(value("failures_total", { pipeline: "broken" })).toBe(1);
		expect(value("objective_results_total", { outcome: "within" })).toBe(1);
		expect(value("objective_results_total", { outcome: "dead" })).toBe(1);
		expect(value("pool_recycled_total", { pool: "default", why: "runs" })).toBeGreaterThanOrEqual(1);
		expect(value("cache_requests_total", { level: "memory", outcome: "hit" })).toBeGreaterThanOrEqual(1);
		expect(value("role_up", { role: "flow" })).toBe(1);
		expect(value("source_up", { source: "instrument" })).toBe(1);
		const now = Date.now() / 1000;
		expect(Math.abs(now - (value("watermark_timestamp_seconds", {}) ?? 0))).toBeLessThan(120);
		expect(Math.abs(now - (value("source_last_change_timestamp_seconds", { source: "instrument" }) ?? 0))).toBeLessThan(
			120,
		);
	});
});
