import { setImmediate as turn } from "node:timers/promises";
import { Counter, Gauge, Histogram, Registry } from "prom-client";
import { expose } from "#observability/expose.ts";
import { createMetrics } from "#observability/metrics.ts";
import { type Bench, compare, median } from "../harness.ts";

const openMetrics = "application/openmetrics-text;version=1.0.0";

/**
 * One answer at `/metrics` with 10,000 series, those of a core facility with 200 instruments and 200 pipelines, and how
 * long others had to wait for their turn meanwhile; beside the registry of prom-client alone, which writes all in one go.
 */
export const bench: Bench = {
	id: "P10",
	title: "/metrics with 10,000 series: its time, and the longest turn of the event loop",
	async run({ quick, say }) {
		const metrics = facility();
		const bare = bareRegistry();
		const lines = (text: string) => text.split("\n").filter((line) => line !== "" && !line.startsWith("#")).length;
		const series = lines((await expose(metrics, openMetrics)).text);
		say(`${series} series, prom-client alone ${lines(await bare.metrics())}`);
		const longest = { ours: [] as number[], older: [] as number[], bare: [] as number[] };
		const timed = (name: keyof typeof longest, work: () => Promise<unknown>) => async () => {
			const { tookMs, longestMs } = await watched(work);
			longest[name].push(longestMs);
			return tookMs;
		};
		const { ours, older, peer } = await compare(
			{
				ours: timed("ours", () => expose(metrics, openMetrics)),
				older: timed("older", () => expose(metrics, undefined)),
				peer: timed("bare", () => bare.metrics()),
			},
			{ warmUps: 3, rounds: quick ? 5 : 50 },
		);
		const goals = { time: { value: 50 }, turn: { value: 20 } };
		return [
			{ what: `${series} series, OpenMetrics`, value: ours, unit: "ms", better: "lower", goal: goals.time },
			{ what: "the older format", value: older, unit: "ms", better: "lower", goal: goals.time },
			{ what: "prom-client alone, as many", value: peer, unit: "ms", better: "lower" },
			{
				what: "longest turn, OpenMetrics",
				value: median(longest.ours),
				unit: "ms",
				better: "lower",
				goal: goals.turn,
			},
			{
				what: "longest turn, the older format",
				value: median(longest.older),
				unit: "ms",
				better: "lower",
				goal: goals.turn,
			},
			{ what: "longest turn, prom-client alone", value: median(longest.bare), unit: "ms", better: "lower" },
		];
	},
};

/** How long work took, and the longest that anybody else had to wait meanwhile. */
async function watched(work: () => Promise<unknown>) {
	let longestMs = 0;
	let over = false;
	const others = (async () => {
		for (let last = performance.now(); !over; ) {
			await turn();
			longestMs = Math.max(longestMs, performance.now() - last);
			last = performance.now();
		}
	})();
	const began = performance.now();
	await work();
	const tookMs = performance.now() - began;
	over = true;
	await others;
	return { tookMs, longestMs };
}

const names = (prefix: string) => Array.from({ length: 200 }, (_, i) => `${prefix}-${i}`);
const trace = "0af7651916cd43dd8448eb211c80319c";

function facility() {
	const metrics = createMetrics();
	for (const pipeline of names("pipeline")) {
		metrics.runSeconds.observe({ pipeline }, 0.3, trace);
		metrics.totalSeconds.observe({ pipeline }, 3, trace);
		for (const state of ["queued", "running"]) metrics.pipelineJobs.set({ pipeline, state }, 1);
		for (const code of ["R_ERROR", "R_TIMEOUT"]) metrics.failures.inc({ pipeline, code });
	}
	for (const source of names("source")) {
		metrics.changes.inc({ source });
		metrics.settleSeconds.observe({ source }, 2, trace);
		for (const state of ["seen", "settling", "settled", "analysed"]) metrics.files.set({ source, state }, 7);
	}
	return metrics;
}

/** The same numbers of series of each kind. */
function bareRegistry(): Registry {
	const registry = new Registry();
	const registers = [registry];
	const help = "As many as there are.";
	const buckets = [0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30, 100, 300, 1000, 3600];
	for (const name of ["run_seconds", "total_seconds", "settle_seconds"]) {
		const histogram = new Histogram({ name, help, labelNames: ["of"], buckets, registers });
		for (const of of names("name")) histogram.observe({ of }, 0.3);
	}
	for (const [name, states] of [["jobs", 2] as const, ["files", 4] as const]) {
		const gauge = new Gauge({ name, help, labelNames: ["of", "state"], registers });
		for (const of of names("name")) for (let i = 0; i < states; i++) gauge.set({ of, state: String(i) }, 7);
	}
	for (const [name, codes] of [["changes", 1] as const, ["failures", 2] as const]) {
		const counter = new Counter({ name, help, labelNames: ["of", "code"], registers });
		for (const of of names("name")) for (let i = 0; i < codes; i++) counter.inc({ of, code: String(i) });
	}
	return registry;
}
