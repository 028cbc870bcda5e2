import { metricCatalogue as metrics } from "../metric-catalogue.ts";
import type { Alert } from "./alert.ts";
import { hour, minute } from "./durations.ts";
import {
	above,
	and,
	atLeast,
	below,
	divided,
	increase,
	leastWithin,
	max,
	min,
	now,
	or,
	sum,
	unless,
} from "./expression.ts";
import { thresholds } from "./thresholds.ts";

/** One failure of two is a rate of 50 % and tells nothing. */
const fewestFailures = 3;
const failed = sum(["pipeline"], increase(metrics.attempts, 15 * minute, { outcome: ["failed", "lost"] }));
const ended = sum(["pipeline"], increase(metrics.attempts, 15 * minute, { outcome: { not: ["not-ready"] } }));
const buried = (agoSeconds: number) => sum(["queue"], now(metrics.deadLetters, {}, agoSeconds));

/** Whether analyses run, and end well. */
export const analysisAlerts: readonly Alert[] = [
	{
		name: "FailureRate",
		meaning: "More than 5 % of a pipeline's attempts within 15 minutes failed.",
		value: "share",
		summary: ({ label, value }) => `Pipeline ${label("pipeline")}: ${value} of its attempts failed.`,
		dashboard: "watchrabbit-pipelines",
		variable: "pipeline",
		// Others tell of attempts that were lost with their worker, and never of one that went well.
		needs: "work",
		levels: [
			{
				severity: "warning",
				expression: and(above(divided(failed, ended), thresholds.failureShare), atLeast(failed, fewestFailures)),
				forSeconds: 0,
			},
		],
	},
	{
		name: "DeadJobs",
		meaning: "Jobs failed in all of their attempts, and wait for a person.",
		value: "count",
		summary: ({ value }) => `${value} jobs are dead, more than an hour ago.`,
		dashboard: "watchrabbit-pipelines",
		levels: [
			{
				severity: "warning",
				expression: above(
					max([], now(metrics.jobs, { state: "dead" })),
					min([], leastWithin(metrics.jobs, hour, { state: "dead" })),
				),
				forSeconds: 0,
			},
		],
	},
	{
		name: "DeadLetters",
		meaning: "Messages came that nobody can read; each is kept whole.",
		value: "count",
		summary: ({ label, value }) =>
			`${value} messages of ${label("queue")} could not be read, some of them within the last hour.`,
		dashboard: "watchrabbit-queues",
		levels: [
			{
				severity: "warning",
				expression: and(
					buried(0),
					or(
						above(sum(["queue"], increase(metrics.deadLetters, hour)), 0),
						// The first one of a queue is its first number: there is none that it grew from.
						unless(above(buried(0), 0), buried(hour)),
					),
				),
				forSeconds: 0,
			},
		],
	},
	{
		name: "PoolDown",
		meaning: "The R of a pool does not start: its pipelines stand still.",
		value: "count",
		summary: ({ label }) => `Pool ${label("pool")} takes no work: its R does not start.`,
		dashboard: "watchrabbit-r-pools",
		variable: "pool",
		levels: [
			{
				severity: "critical",
				expression: below(min(["instance", "pool"], now(metrics.poolUp)), 1),
				forSeconds: 5 * minute,
			},
		],
		follow: [
			{ alerts: ["PoolStarved", "OldestWaiting"], equal: ["pool"] },
			{ alerts: ["BacklogGrowing", "ResultsLate"], equal: [] },
		],
	},
	{
		name: "PoolStarved",
		meaning: "Runs have waited for half an hour while every worker of their pool was busy.",
		value: "count",
		summary: ({ label, value }) => `Pool ${label("pool")}: ${value} runs wait, and no worker is idle.`,
		dashboard: "watchrabbit-r-pools",
		variable: "pool",
		levels: [
			{
				severity: "warning",
				expression: and(
					above(sum(["instance", "pool"], now(metrics.poolWaiting)), 0),
					below(sum(["instance", "pool"], now(metrics.poolWorkers, { state: "idle" })), 1),
				),
				forSeconds: 30 * minute,
			},
		],
	},
];
