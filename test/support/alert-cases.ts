import { metricCatalogue as metrics } from "#observability/metric-catalogue.ts";

/** A number a minute, in promtool's words: `0x5` six zeros, `0+3x5` 0, 3, ... 15, `_x2` nothing three times. */
export type Values = string;

export interface AlertCase {
	readonly alert: string;
	readonly severity: "critical" | "warning" | "info";
	/** A story: what happens. */
	readonly when: string;
	readonly series: readonly (readonly [{ readonly name: string }, Readonly<Record<string, string>>, Values])[];
	/** By minute: what fires then, with which value. */
	readonly expected: Readonly<Record<number, readonly Firing[]>>;
	/** Minutes from number to number, where it is not one. */
	readonly step?: number;
	/** It needs Prometheus: the process does not evaluate it by itself. */
	readonly outside?: true;
}

interface Firing {
	readonly labels: Readonly<Record<string, string>>;
	readonly value: number;
}

const plates = { source: "plates" };
const elisa = { pipeline: "elisa" };
const pool = { pool: "default" };
const place = { place: "state" };
const one = (labels: Readonly<Record<string, string>>, value: number): readonly Firing[] => [{ labels, value }];
const minutes = 60;

const dataCases: readonly AlertCase[] = [
	{
		alert: "SourceDown",
		severity: "critical",
		when: "a share goes away for five minutes, and another for one",
		series: [
			[metrics.sourceUp, plates, "1x4 0x4 1x10"],
			[metrics.sourceUp, { source: "images" }, "1x4 0 1x15"],
		],
		expected: { 4: [], 6: [], 8: one(plates, 0), 10: [] },
	},
	{
		alert: "InstrumentSilent",
		severity: "warning",
		when: "an instrument that pauses for ten minutes at most writes nothing for forty, and then again",
		series: [
			[metrics.lastChange, plates, "0+60x10 600x40 3060+60x20"],
			[metrics.usualGap, plates, "600x80"],
		],
		expected: { 30: [], 40: [], 41: one(plates, 31 * minutes), 45: one(plates, 35 * minutes), 53: [] },
	},
	{
		alert: "InstrumentSilent",
		severity: "warning",
		when: "an instrument that writes every second pauses for ten minutes, which is no silence",
		series: [
			[metrics.lastChange, plates, "0+60x10 600x10"],
			[metrics.usualGap, plates, "1x21"],
		],
		expected: { 15: [], 20: [] },
	},
	{
		alert: "NothingSettles",
		severity: "warning",
		when: "an instrument writes on, and nothing is complete for more than two hours; then it is",
		series: [
			[metrics.changes, plates, "0+1x200"],
			[metrics.settledFiles, plates, "0+1x20 20x130 21+1x50"],
			[metrics.changes, { source: "images" }, "0+1x200"],
			[metrics.settledFiles, { source: "images" }, "0+1x200"],
		],
		expected: { 20: [], 120: [], 145: one(plates, 60), 160: [] },
	},
	{
		alert: "Unaccounted",
		severity: "critical",
		when: "two files are not in the ledger until they are found",
		series: [[metrics.unaccounted, plates, "0x4 2x9 0x10"]],
		expected: { 4: [], 9: [], 11: one(plates, 2), 16: [] },
	},
	{
		alert: "BacklogGrowing",
		severity: "warning",
		when: "jobs become more and more, until somebody gives the pool more workers",
		series: [
			[metrics.pipelineJobs, { ...elisa, state: "queued" }, "0+10x100 1000-20x40"],
			[metrics.pipelineJobs, { ...elisa, state: "created" }, "0x150"],
			[metrics.pipelineJobs, { pipeline: "night", state: "queued" }, "10000-50x140"],
			[metrics.pipelineJobs, { pipeline: "heap", state: "queued" }, "_x40 1000-5x100"],
			[metrics.pipelineJobs, { pipeline: "small", state: "queued" }, "0+0.1x140"],
		],
		expected: { 30: [], 60: one(elisa, 600), 130: [] },
	},
	{
		alert: "OldestWaiting",
		severity: "warning",
		when: "a job waits for half an hour and is then taken",
		series: [[metrics.oldestWaiting, pool, "0+60x30 0x10"]],
		expected: { 15: [], 20: [], 25: one(pool, 25 * minutes), 32: [] },
	},
];

const analysisCases: readonly AlertCase[] = [
	{
		alert: "FailureRate",
		severity: "warning",
		when: "every second attempt of one pipeline fails for a while, of another one of a hundred",
		series: [
			[metrics.attempts, { ...elisa, outcome: "completed" }, "0+1x60"],
			[metrics.attempts, { ...elisa, outcome: "failed" }, "0x10 1+1x9 10x40"],
			[metrics.attempts, { ...elisa, outcome: "not-ready" }, "0+1x60"],
			[metrics.attempts, { pipeline: "screen", outcome: "completed" }, "0+99x60"],
			[metrics.attempts, { pipeline: "screen", outcome: "failed" }, "0+1x60"],
		],
		expected: { 10: [], 20: one(elisa, 0.4), 40: [] },
	},
	{
		alert: "FailureRate",
		severity: "warning",
		when: "one of two attempts fails, which tells nothing yet",
		series: [
			[metrics.attempts, { ...elisa, outcome: "completed" }, "0x5 1x20"],
			[metrics.attempts, { ...elisa, outcome: "failed" }, "0x5 1x20"],
		],
		expected: { 8: [], 15: [] },
	},
	{
		alert: "DeadJobs",
		severity: "warning",
		when: "two jobs die beside one that has long been dead, and an hour passes",
		series: [[metrics.jobs, { state: "dead" }, "1x9 3x120"]],
		expected: { 9: [], 10: one({}, 3), 60: one({}, 3), 80: [] },
	},
	{
		alert: "DeadJobs",
		severity: "warning",
		when: "a job dies and is replayed",
		series: [[metrics.jobs, { state: "dead" }, "0x9 1x9 0x10"]],
		expected: { 12: one({}, 1), 21: [] },
	},
	{
		alert: "DeadLetters",
		severity: "warning",
		when: "the first message that nobody can read is buried, another one later, and then no more",
		series: [[metrics.deadLetters, { queue: "jobs" }, "_x5 1x29 2x120"]],
		expected: { 4: [], 5: one({ queue: "jobs" }, 1), 40: one({ queue: "jobs" }, 2), 110: [] },
	},
	{
		alert: "PoolDown",
		severity: "critical",
		when: "R does not start for ten minutes",
		series: [[metrics.poolUp, pool, "1x3 0x9 1x10"]],
		expected: { 3: [], 8: [], 10: one(pool, 0), 15: [] },
	},
	{
		alert: "PoolStarved",
		severity: "warning",
		when: "runs wait while all workers are busy, for 40 minutes; of another pool one idles",
		series: [
			[metrics.poolWaiting, pool, "0x9 4x39 0x10"],
			[metrics.poolWorkers, { ...pool, state: "idle" }, "0x70"],
			[metrics.poolWaiting, { pool: "fast" }, "1x70"],
			[metrics.poolWorkers, { pool: "fast", state: "idle" }, "1x70"],
		],
		expected: { 30: [], 45: one(pool, 4), 52: [] },
	},
];

const serviceCases: readonly AlertCase[] = [
	{
		alert: "ServiceDown",
		severity: "critical",
		when: "the catalog is away for five minutes, and the cache and who collects traces and logs as well",
		series: [
			[metrics.neighbourUp, { neighbour: "catalog" }, "1x4 0x4 1x10"],
			[metrics.neighbourUp, { neighbour: "cache" }, "1x4 0x4 1x10"],
			[metrics.neighbourUp, { neighbour: "broker" }, "1x4 0x4 1x10"],
			[metrics.neighbourUp, { neighbour: "collector of traces" }, "1x4 0x4 1x10"],
			[metrics.neighbourUp, { neighbour: "collector of logs" }, "1x4 0x4 1x10"],
		],
		expected: { 4: [], 6: [], 8: one({ neighbour: "catalog" }, 0), 11: [] },
	},
	{
		alert: "ServiceDown",
		severity: "critical",
		when: "a service that is only told onwards is away, for which no work waits",
		series: [[metrics.neighbourUp, { neighbour: "sink/kafka" }, "1x4 0x60"]],
		expected: { 4: [], 10: [], 60: [] },
	},
	{
		alert: "SinkDown",
		severity: "warning",
		when: "Kafka is away for a quarter of an hour, in which jobs end; RabbitMQ is told of all",
		series: [
			[metrics.neighbourUp, { neighbour: "sink/kafka" }, "1x4 0x14 1x10"],
			[metrics.neighbourUp, { neighbour: "sink/rabbitmq" }, "1x30"],
			[metrics.sinkWaiting, { neighbour: "sink/kafka" }, "0x4 0+60x14 0x10"],
			[metrics.sinkWaiting, { neighbour: "sink/rabbitmq" }, "0x30"],
		],
		expected: { 4: [], 8: [], 12: one({ neighbour: "sink/kafka" }, 7 * minutes), 21: [] },
	},
	{
		alert: "SinkDown",
		severity: "critical",
		when: "what waits for Kafka grows old, whether it is away or not, until it has been told",
		series: [
			[metrics.neighbourUp, { neighbour: "sink/kafka" }, "1x320"],
			[metrics.sinkWaiting, { neighbour: "sink/kafka" }, "0+60x290 0x30"],
		],
		expected: { 100: [], 245: [], 260: one({ neighbour: "sink/kafka" }, 260 * minutes), 295: [] },
	},
	{
		alert: "SinkDown",
		severity: "critical",
		when: "one that is new is told what happened long ago, stands for half an hour in between, and goes on",
		series: [
			[metrics.neighbourUp, { neighbour: "sink/kafka" }, "1x160"],
			[metrics.sinkWaiting, { neighbour: "sink/kafka" }, "100000-600x59 64660+60x29 64000-600x60"],
		],
		expected: { 30: [], 59: [], 70: [], 80: one({ neighbour: "sink/kafka" }, 65_860), 91: [], 120: [] },
	},
	{
		alert: "CacheDown",
		severity: "info",
		when: "the cache is away for a quarter of an hour",
		series: [
			[metrics.neighbourUp, { neighbour: "catalog" }, "0x30"],
			[metrics.neighbourUp, { neighbour: "cache" }, "1x4 0x14 1x10"],
		],
		expected: { 10: [], 16: one({ neighbour: "cache" }, 0), 21: [] },
	},
	{
		alert: "BrokerBlocked",
		severity: "critical",
		when: "the broker has an alarm for three minutes",
		series: [[metrics.brokerBlocked, {}, "0x4 1x3 0x5"]],
		expected: { 5: [], 7: one({}, 1), 9: [] },
	},
	{
		alert: "DiskSoonFull",
		severity: "critical",
		when: "four of a hundred are left, until somebody makes room; of another disk there is half",
		series: [
			[metrics.diskFree, place, "50x4 4x9 30x10"],
			[metrics.diskSize, place, "100x30"],
			[metrics.diskFree, { place: "source plates" }, "50x30"],
			[metrics.diskSize, { place: "source plates" }, "100x30"],
		],
		expected: { 4: [], 9: [], 12: one(place, 0.04), 16: [] },
	},
	{
		alert: "DiskSoonFull",
		severity: "warning",
		outside: true,
		when: "a disk fills so that it would be full in less than four hours, until nothing more is written",
		series: [
			[metrics.diskFree, place, "10000x59 10000-40x100 6000x120"],
			[metrics.diskSize, place, "20000x290"],
			[metrics.diskFree, { place: "slow" }, "10000-1x290"],
			[metrics.diskSize, { place: "slow" }, "20000x290"],
		],
		expected: { 60: [], 150: one(place, 0.32), 260: [] },
	},
	{
		alert: "CertificateEnding",
		severity: "warning",
		when: "a certificate of a year that ends in ten days is replaced; one of a day is new",
		series: [
			[metrics.certificateEnd, { service: "broker" }, "864000x9 9000000x9"],
			[metrics.certificateLifetime, { service: "broker" }, "31536000x19"],
			[metrics.certificateEnd, { service: "catalog" }, "9000000x19"],
			[metrics.certificateLifetime, { service: "catalog" }, "31536000x19"],
			[metrics.certificateEnd, { service: "cache server" }, "86400x19"],
			[metrics.certificateLifetime, { service: "cache server" }, "86400x19"],
		],
		expected: { 0: one({ service: "broker" }, 864_000), 5: one({ service: "broker" }, 863_700), 11: [] },
	},
	{
		alert: "CertificateEnding",
		severity: "critical",
		when: "a certificate ends tomorrow, and is replaced",
		series: [
			[metrics.certificateEnd, { service: "broker" }, "86400x9 9000000x9"],
			[metrics.certificateLifetime, { service: "broker" }, "31536000x19"],
			[metrics.certificateEnd, { service: "catalog" }, "864000x19"],
			[metrics.certificateLifetime, { service: "catalog" }, "31536000x19"],
		],
		expected: { 5: one({ service: "broker" }, 86_100), 11: [] },
	},
	{
		alert: "CertificateEnding",
		severity: "warning",
		when: "a certificate of an hour is replaced only after two thirds of it",
		series: [
			[metrics.certificateEnd, { service: "broker" }, "3600x49 6600x20"],
			[metrics.certificateLifetime, { service: "broker" }, "3600x70"],
		],
		expected: { 0: [], 40: [], 41: one({ service: "broker" }, 1_140), 51: [] },
	},
	{
		alert: "CertificateEnding",
		severity: "critical",
		when: "a certificate of an hour is replaced only in its last minutes",
		series: [
			[metrics.certificateEnd, { service: "broker" }, "3600x57 7080x20"],
			[metrics.certificateLifetime, { service: "broker" }, "3600x78"],
		],
		expected: { 41: [], 54: [], 55: one({ service: "broker" }, 300), 59: [] },
	},
];

/** For each alert: it fires, does not fire, and resolves. Prometheus and the process itself are held to the same ones. */
export const alertCases: readonly AlertCase[] = [...dataCases, ...analysisCases, ...serviceCases];

/** The values by minute; undefined where there is none. */
export function valuesOf(values: Values): readonly (number | undefined)[] {
	return values.split(" ").flatMap((part) => {
		const [, start, step = "0", times = "0"] = /^(_|[\d.]+)([+-][\d.]+)?(?:x(\d+))?$/.exec(part) ?? [];
		if (start === undefined) throw new Error(`${part} is no series`);
		return Array.from({ length: Number(times) + (start === "_" && times !== "0" ? 0 : 1) }, (_, at) =>
			start === "_" ? undefined : Number(start) + at * Number(step),
		);
	});
}
