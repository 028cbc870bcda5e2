import { jobStates } from "#domain/job.ts";
import { metricCatalogue as m } from "../metric-catalogue.ts";
import { buckets, quantile, rate, share, told } from "./expressions.ts";
import { graph, heatmap, timeline } from "./graphs.ts";
import { ownPage, traces } from "./links.ts";
import { bars, bigNumber } from "./numbers.ts";
import type { Page } from "./page.ts";
import { table } from "./tables.ts";
import { resultsInTime, targets } from "./targets.ts";
import { uids } from "./uids.ts";

const failedJobs = ownPage(
	"Its jobs that failed",
	`/api/v1/jobs?state=failed,dead&pipeline=\${__field.labels.pipeline}`,
);

export const pipelines: Page = {
	uid: uids.pipelines,
	title: "Pipelines",
	description: "Whether results come in time, where jobs stand, how long analyses take, and what makes them fail.",
	sections: [
		{
			title: "In time",
			tiles: [
				graph({
					title: "From complete to result",
					description: `How long 95 of 100 acquisitions took from settling to their stored result, by pipeline. The dashed line is the target, ${targets.resultWithinSeconds / 60} minutes. A point leads to a trace.`,
					unit: "s",
					width: 9,
					lines: [
						{ expression: quantile(0.95, m.totalSeconds, ["pipeline"]), legend: "{{pipeline}}", exemplars: true },
					],
					steps: { bad: targets.resultWithinSeconds },
				}),
				graph({
					title: "Ended, by time",
					description:
						"First results a minute: within the target, late, or never (dead jobs). Replays and old content are left out. Late ones waited (Queues and streams, R pools) or ran long (below).",
					unit: "suffix: /min",
					width: 9,
					stacked: true,
					lines: [{ expression: `60 * ${rate(m.objective, ["outcome"])}`, legend: "{{outcome}}" }],
				}),
				bigNumber({
					title: "Results in time",
					description: `Share of the first results in the time that is shown that were there within the target; replays and old content are left out. The objective is ${targets.resultShare * 100} %.`,
					unit: "percentunit",
					width: 6,
					height: 4,
					decimals: 2,
					expression: resultsInTime,
					nothing: "none ended",
					steps: { bad: targets.resultShare, falling: true },
				}),
				bigNumber({
					title: "Budget left",
					description: `Of the results that may be late or missing by the objective of ${targets.resultShare * 100} %, the share that is left in the time that is shown. Below 0 the objective is missed; below a quarter leave risky changes alone.`,
					unit: "percentunit",
					width: 6,
					height: 4,
					decimals: 0,
					expression: `1 - (1 - ${resultsInTime}) / ${(1 - targets.resultShare).toFixed(2)}`,
					nothing: "none ended",
					steps: { worrying: 0.25, bad: 0, falling: true },
				}),
			],
		},
		{
			title: "Where jobs stand",
			tiles: [
				timeline({
					title: "Jobs by state over time",
					description:
						"For each pipeline and state, how many jobs were in it. Green is none, orange some, red 100 or more: a band that stays orange in `queued` waits for workers, in `failed` waits to be tried again, in `running` runs long.",
					unit: "none",
					width: 16,
					lines: [{ expression: told(m.pipelineJobs, ["pipeline", "state"]), legend: "{{pipeline}} {{state}}" }],
					steps: { worrying: 1, bad: 100 },
				}),
				bars({
					title: "All jobs, by state",
					description: `Jobs in the catalog, of all pipelines, by state: ${jobStates.join(", ")}. Those that are dead wait for a person.`,
					unit: "none",
					width: 8,
					expression: told(m.jobs, ["state"]),
					legend: "{{state}}",
					links: [ownPage("These jobs", `/api/v1/jobs?state=\${__field.labels.state}`)],
				}),
			],
		},
		{
			title: "How long analyses take",
			tiles: [
				graph({
					title: "In R",
					description:
						"How long analyses that completed ran: half of them, and 95 of 100, by pipeline. A step up is a change of the script, of its packages or of its inputs. A point leads to a trace.",
					unit: "s",
					width: 8,
					lines: [
						{ expression: quantile(0.5, m.runSeconds, ["pipeline"]), legend: "{{pipeline}} half" },
						{ expression: quantile(0.95, m.runSeconds, ["pipeline"]), legend: "{{pipeline}} 95 %", exemplars: true },
					],
					links: [traces("Its slow runs", '{ name =~ "run.*" && duration > 10s }')],
				}),
				heatmap({
					title: "In R, all of them",
					description: "How many analyses that completed ran how long, of the pipelines that are chosen.",
					unit: "s",
					width: 8,
					lines: [{ expression: buckets(m.runSeconds), legend: "{{le}}", exemplars: true }],
				}),
				graph({
					title: "Steps of an attempt",
					description:
						"How long 95 of 100 took in each step of an attempt, of all pipelines: reaching the inputs, waiting for R, running, storing, committing.",
					unit: "s",
					width: 8,
					lines: [
						{
							expression: quantile(0.95, m.hopSeconds, ["hop"], {
								hop: "queue wait|claim|fetch|r start|run|upload|manifest|commit",
							}),
							legend: "{{hop}}",
							exemplars: true,
						},
					],
				}),
			],
		},
		{
			title: "What fails",
			tiles: [
				graph({
					title: "Share of attempts that failed",
					description:
						"Share of the attempts that ended within 10 minutes before each moment and failed, or were lost with their worker, by pipeline. From 5 % on there is an alert.",
					unit: "percentunit",
					width: 8,
					most: 1,
					lines: [
						{
							expression: share(
								rate(m.attempts, ["pipeline"], { outcome: "failed|lost" }, "10m"),
								rate(m.attempts, ["pipeline"], { outcome: "completed|failed|lost" }, "10m"),
							),
							legend: "{{pipeline}}",
						},
					],
					steps: { bad: targets.failureShare },
					links: [failedJobs],
				}),
				graph({
					title: "Failures, by cause",
					description:
						"Attempts that failed, an hour, by the code of their cause: R_ERROR is the script's own, others are limits, inputs or services. `watchrabbit show JOB` has message, traceback and log.",
					unit: "suffix: /h",
					width: 8,
					stacked: true,
					lines: [{ expression: `3600 * ${rate(m.failures, ["pipeline", "code"])}`, legend: "{{pipeline}} {{code}}" }],
					links: [failedJobs, traces("Their traces", '{ name =~ "attempt.*" && status = error }')],
				}),
				graph({
					title: "Attempts, by outcome",
					description:
						"Attempts that ended, a minute: completed, failed, not ready (R asked for more time), lost (their worker died, and another takes them).",
					unit: "suffix: /min",
					width: 8,
					stacked: true,
					lines: [{ expression: `60 * ${rate(m.attempts, ["outcome"])}`, legend: "{{outcome}}" }],
				}),
				table({
					title: "Failures in the time that is shown",
					description:
						"How often what failed, the latest jobs behind a click. Mend the cause, then `watchrabbit replay` the dead ones.",
					unit: "none",
					width: 24,
					height: 7,
					rows: { pipeline: "Pipeline", code: "Cause" },
					rowLinks: [
						ownPage("Its jobs that failed", `/api/v1/jobs?state=failed,dead&pipeline=\${__data.fields.Pipeline}`),
					],
					columns: [
						{
							name: "Attempts an hour",
							expression: `sort_desc(3600 * ${rate(m.failures, ["pipeline", "code"], {}, "$__range")})`,
							unit: "none",
						},
					],
				}),
			],
		},
	],
};
