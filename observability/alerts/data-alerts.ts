import { metricCatalogue as metrics } from "../metric-catalogue.ts";
import type { Alert } from "./alert.ts";
import { hour, minute } from "./durations.ts";
import {
	above,
	and,
	atLeast,
	below,
	type Expression,
	increase,
	leastWithin,
	max,
	min,
	noLessThan,
	now,
	secondsSince,
	sum,
	times,
	unless,
} from "./expression.ts";
import { thresholds } from "./thresholds.ts";

const { silence } = thresholds;
/** Below this many a backlog is a heap of one minute. */
const smallBacklog = 50;

const waits = { state: ["created", "validated", "queued"] };
const perPipeline = (jobs: Expression) => sum(["pipeline"], max(["pipeline", "state"], jobs));
const waiting = (agoSeconds: number) => perPipeline(now(metrics.pipelineJobs, waits, agoSeconds));
/** Of half an hour: a pipeline without jobs tells of none. */
const fewestWaiting = perPipeline(leastWithin(metrics.pipelineJobs, 30 * minute, waits));

/** Whether data comes, and goes on. */
export function dataAlerts(resultWithinSeconds: number): readonly Alert[] {
	return [
		{
			name: "SourceDown",
			meaning: "A source cannot be watched: what its instrument writes is not noticed until it can be.",
			value: "count",
			summary: ({ label }) => `Source ${label("source")} cannot be watched.`,
			dashboard: "watchrabbit-instruments",
			variable: "source",
			levels: [
				{
					severity: "critical",
					expression: below(min(["instance", "source"], now(metrics.sourceUp)), 1),
					forSeconds: 2 * minute,
				},
			],
			follow: [{ alerts: ["InstrumentSilent", "NothingSettles"], equal: ["source"] }],
		},
		{
			name: "InstrumentSilent",
			meaning: "An instrument has written nothing for three times as long as it usually pauses.",
			value: "seconds",
			summary: ({ label, value }) => `Source ${label("source")} has been silent for ${value}.`,
			dashboard: "watchrabbit-instruments",
			variable: "source",
			levels: [
				{
					severity: "warning",
					expression: above(
						secondsSince(max(["source"], now(metrics.lastChange))),
						noLessThan(times(max(["source"], now(metrics.usualGap)), silence.times), silence.atLeastSeconds),
					),
					forSeconds: 0,
				},
			],
		},
		{
			name: "NothingSettles",
			meaning: "An instrument writes, and none of its files has been found complete for an hour.",
			value: "count",
			summary: ({ label, value }) =>
				`Source ${label("source")}: ${value} changes within an hour, and no file was found complete.`,
			dashboard: "watchrabbit-instruments",
			variable: "source",
			levels: [
				{
					severity: "warning",
					expression: unless(
						above(sum(["source"], increase(metrics.changes, hour)), 0),
						above(sum(["source"], increase(metrics.settledFiles, hour)), 0),
					),
					forSeconds: hour,
				},
			],
		},
		{
			name: "Unaccounted",
			meaning: "There are files on disk that the ledger does not know: the one thing that must never be.",
			value: "count",
			summary: ({ label, value }) => `Source ${label("source")}: ${value} files on disk are unaccounted for.`,
			dashboard: "watchrabbit-loss-ledger",
			variable: "source",
			levels: [
				{
					severity: "critical",
					expression: above(max(["source"], now(metrics.unaccounted)), 0),
					forSeconds: 5 * minute,
				},
			],
		},
		{
			name: "BacklogGrowing",
			meaning: "More comes than is analysed: the jobs that wait have become more for half an hour.",
			value: "count",
			summary: ({ label, value }) =>
				`Pipeline ${label("pipeline")}: ${value} jobs wait, and they become more and more.`,
			dashboard: "watchrabbit-pipelines",
			variable: "pipeline",
			levels: [
				{
					severity: "warning",
					expression: and(
						and(above(waiting(0), smallBacklog), above(waiting(0), times(fewestWaiting, 1.2))),
						atLeast(waiting(0), waiting(10 * minute)),
					),
					forSeconds: 30 * minute,
				},
			],
		},
		{
			name: "OldestWaiting",
			meaning: "A job has waited for a worker for longer than its result may take.",
			value: "seconds",
			summary: ({ label, value }) => `Pool ${label("pool")}: the oldest job has waited for ${value}.`,
			dashboard: "watchrabbit-queues",
			variable: "pool",
			levels: [
				{
					severity: "warning",
					expression: above(max(["pool"], now(metrics.oldestWaiting)), resultWithinSeconds),
					forSeconds: 5 * minute,
				},
			],
		},
	];
}
