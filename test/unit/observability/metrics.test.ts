import { describe, expect, test } from "vitest";
import { type JobState, jobStates } from "#domain/job.ts";
import { expose } from "#observability/expose.ts";
import { metricCatalogue } from "#observability/metric-catalogue.ts";
import { createMetrics } from "#observability/metrics.ts";
import { type StateSource, sampleState } from "#observability/state-gauges.ts";

const noJobs = Object.fromEntries(jobStates.map((state) => [state, 0])) as Record<JobState, number>;
const nothing: StateSource = {
	pools: ["default"],
	pipelines: ["elisa"],
	now: () => 60_000,
	rhythms: async () => new Map(),
	unfinished: async () => [],
	files: async () => new Map([["plates", new Map()]]),
	jobs: async () => noJobs,
	queues: async () => new Map(),
	untold: async () => new Map(),
};
const openMetrics = "application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5";

function sampled(state: Partial<StateSource>) {
	const metrics = createMetrics();
	sampleState(metrics, { ...nothing, ...state });
	return metrics;
}

async function textOf(metrics: ReturnType<typeof createMetrics>, accept?: string) {
	return (await expose(metrics, accept)).text;
}

describe("metrics", () => {
	test("count files, jobs and queues when they are asked for", async () => {
		const metrics = sampled({
			files: async () => new Map([["plates", new Map([["settled" as const, 4]])]]),
			jobs: async () => ({ ...noJobs, dead: 2 }),
			queues: async () => new Map([["default", 3]]),
		});
		const text = await textOf(metrics);
		expect(text).toContain('watchrabbit_files{source="plates",state="settled"} 4');
		expect(text).toContain('watchrabbit_files{source="plates",state="seen"} 0');
		expect(text).toContain('watchrabbit_jobs{state="dead"} 2');
		expect(text).toContain('watchrabbit_queue_depth{pool="default",state="waiting"} 3');
	});

	test("tell for how long what a sink was not told of has waited", async () => {
		const text = await textOf(
			sampled({
				untold: async () =>
					new Map([
						["sink/kafka", 15_000],
						["sink/rabbitmq", undefined],
					]),
			}),
		);
		expect(text).toContain('watchrabbit_sink_waiting_seconds{neighbour="sink/kafka"} 45');
		expect(text).toContain('watchrabbit_sink_waiting_seconds{neighbour="sink/rabbitmq"} 0');
	});

	test("tell when a source wrote last and what is usual, and what waits for whom since when", async () => {
		const waiting = { pool: "default", state: "queued" as const, pipeline: "elisa" };
		const metrics = sampled({
			pools: ["default", "gpu"],
			rhythms: async () =>
				new Map([
					["plates", { lastChangeAt: 30_500, usualGapMs: 90_000 }],
					["new", { lastChangeAt: 50_000, usualGapMs: undefined }],
				]),
			unfinished: async () => [
				{ ...waiting, count: 3, since: 20_000 },
				{ ...waiting, pipeline: "qc", count: 1, since: 15_000 },
				{ ...waiting, pool: "gpu", state: "running", count: 2, since: 1_000 },
				{ ...waiting, pool: "gpu", count: 1, since: 59_000 },
			],
		});
		const lines = (await textOf(metrics)).split("\n");
		expect(lines).toContain('watchrabbit_source_last_change_timestamp_seconds{source="plates"} 30.5');
		expect(lines).toContain('watchrabbit_source_usual_gap_seconds{source="plates"} 90');
		expect(lines.filter((line) => line.includes('usual_gap_seconds{source="new"'))).toEqual([]);
		expect(lines).toContain('watchrabbit_pipeline_jobs{pipeline="elisa",state="queued"} 4');
		expect(lines).toContain('watchrabbit_pipeline_jobs{pipeline="elisa",state="running"} 2');
		expect(lines).toContain('watchrabbit_pipeline_jobs{pipeline="qc",state="queued"} 1');
		expect(lines).toContain('watchrabbit_oldest_waiting_seconds{pool="default"} 45');
		expect(lines).toContain('watchrabbit_oldest_waiting_seconds{pool="gpu"} 1');
		expect(await textOf(sampled({}))).toContain('watchrabbit_oldest_waiting_seconds{pool="default"} 0');
		expect(await textOf(sampled({}))).toContain('watchrabbit_pipeline_jobs{pipeline="elisa",state="failed"} 0');
	});

	test("of queues are the same from all processes, asked once for all who want them, and told without the catalog", async () => {
		let asked = 0;
		const running = { state: "running" as const, since: 0 };
		const state = {
			pools: ["default", "gpu"],
			queues: async () => {
				asked += 1;
				await new Promise((resolve) => setTimeout(resolve, 20));
				return new Map([
					["default", 3],
					["gpu", 0],
				]);
			},
			unfinished: async () => [
				{ ...running, pool: "default", pipeline: "elisa", count: 2 },
				{ ...running, pool: "default", pipeline: "qc", count: 1 },
				{ ...running, pool: "default", pipeline: "qc", state: "queued" as const, count: 7 },
			],
		};
		const metrics = sampled(state);
		const [text] = await Promise.all([textOf(metrics), textOf(metrics)]);
		expect(asked).toBe(1);
		const depths = (told: string) => told.split("\n").filter((line) => line.startsWith("watchrabbit_queue_depth{"));
		expect(depths(text)).toEqual([
			'watchrabbit_queue_depth{pool="default",state="waiting"} 3',
			'watchrabbit_queue_depth{pool="gpu",state="waiting"} 0',
			'watchrabbit_queue_depth{pool="default",state="leased"} 3',
			'watchrabbit_queue_depth{pool="gpu",state="leased"} 0',
		]);
		const unfinished = () => Promise.reject(new Error("away"));
		expect(depths(await textOf(sampled({ ...state, unfinished })))).toHaveLength(2);
	});

	test("are told without those of a neighbour that is away", async () => {
		const text = await textOf(sampled({ jobs: () => Promise.reject(new Error("away")) }));
		expect(text).not.toContain("watchrabbit_jobs{");
		expect(text).toContain('watchrabbit_files{source="plates",state="seen"} 0');
		expect(text).toContain("nodejs_eventloop_lag_seconds");
	});

	test("of a source that another host watches now are not told any more", async () => {
		let sources = ["plates"];
		const metrics = sampled({ files: async () => new Map(sources.map((source) => [source, new Map()])) });
		expect(await textOf(metrics)).toContain('watchrabbit_files{source="plates"');
		sources = [];
		expect(await textOf(metrics)).not.toContain('watchrabbit_files{source="plates"');
	});

	test("of a process that makes no spans lead to no trace", async () => {
		const metrics = createMetrics({ traces: false });
		metrics.totalSeconds.observe({ pipeline: "elisa" }, 0.2, "0af7651916cd43dd8448eb211c80319c");
		const text = await textOf(metrics, openMetrics);
		expect(text).toContain('watchrabbit_total_seconds_count{pipeline="elisa"} 1');
		expect(text).not.toContain("trace_id");
	});

	test("are OpenMetrics with exemplars for who accepts it, and the older text for the others, as often as they ask", async () => {
		const metrics = createMetrics();
		metrics.totalSeconds.observe({ pipeline: "elisa" }, 0.2, "0af7651916cd43dd8448eb211c80319c");
		metrics.jobsCreated.inc({}, 2);
		for (let round = 0; round < 2; round++) {
			const open = await expose(metrics, openMetrics);
			expect(open.contentType).toContain("application/openmetrics-text; version=1.0.0");
			expect(open.text).toContain("# TYPE watchrabbit_jobs_created counter\nwatchrabbit_jobs_created_total 2\n");
			expect(open.text).toMatch(
				/watchrabbit_total_seconds_bucket\{le="0.3",pipeline="elisa"\} 1 # \{trace_id="0af7651916cd43dd8448eb211c80319c"\} 0.2 /,
			);
			expect(open.text).toMatch(/\n# EOF\n$/);
			expect(open.text).not.toContain("_total_total");
			const older = await expose(metrics, "text/plain");
			expect(older.contentType).toContain("text/plain; version=0.0.4");
			expect(older.text).toContain("# TYPE watchrabbit_jobs_created_total counter\nwatchrabbit_jobs_created_total 2\n");
			expect(older.text).toContain("# HELP watchrabbit_jobs_created_total Jobs made for new content.");
			expect(older.text).toContain("# TYPE process_cpu_seconds_total counter");
			expect(older.text).not.toMatch(/trace_id|# EOF/);
		}
	});

	test("of names without end stay few: 1,000 pipelines, with 100 causes each, and 100,000 files", async () => {
		const metrics = createMetrics();
		for (let i = 0; i < 100_000; i++) {
			const pipeline = `pipeline-${i % 1_000}`;
			metrics.failures.inc({ pipeline, code: `R_CONDITION_${Math.floor(i / 1_000)}` });
			metrics.totalSeconds.observe({ pipeline }, 1);
			metrics.refused.inc({ source: `source-${i % 1_000}`, code: "UNREADABLE" });
		}
		const text = await textOf(metrics);
		const series = text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
		expect(series.length).toBeLessThan(10_000);
		const failures = series.filter((line) => line.startsWith("watchrabbit_failures_total"));
		expect(failures.reduce((sum, line) => sum + Number(line.split(" ").at(-1)), 0)).toBe(100_000);
		expect(failures.some((line) => line.includes('pipeline="other",code="other"'))).toBe(true);
	});

	test("have names of Prometheus's form, each once, with a help that is a sentence", () => {
		const all = Object.values(metricCatalogue);
		expect(new Set(all.map(({ name }) => name)).size).toBe(all.length);
		for (const { kind, name, unit, help, labels } of all) {
			expect(name).toMatch(/^watchrabbit_[a-z_]+$/);
			expect(name.endsWith("_total")).toBe(kind === "counter");
			if (unit !== undefined) expect(name.endsWith(`_${unit}`)).toBe(true);
			expect(help).toMatch(/^[A-Z0-9].*\.$/);
			for (const label of labels) expect(label).toMatch(/^[a-z_]+$/);
		}
	});
});
