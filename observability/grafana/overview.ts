import { metricCatalogue as m } from "../metric-catalogue.ts";
import { mean, orZero, quantile, rate, share, summed, told, worst } from "./expressions.ts";
import { alertsSeries } from "./foreign-metrics.ts";
import { graph } from "./graphs.ts";
import { dashboardLink, ownPage, traces } from "./links.ts";
import { bars, bigNumber } from "./numbers.ts";
import type { Page } from "./page.ts";
import { silent } from "./sources.ts";
import { stuck } from "./stuck.ts";
import { resultsInTime, targets } from "./targets.ts";
import { uids } from "./uids.ts";

const instruments = dashboardLink("Instruments", uids.instruments);
const pipelines = dashboardLink("Pipelines", uids.pipelines);
const queues = dashboardLink("Queues and streams", uids.queues);
const lossLedger = dashboardLink("Loss ledger", uids.lossLedger);
const deadJobs = ownPage("Dead jobs, with why", "/api/v1/jobs?state=dead");

/** Above: is it well? Below that: since when, and where does time go? Below that: what is stuck, and what leads further. */
export const overview: Page = {
	uid: uids.overview,
	title: "Overview",
	description: "Whether instruments are flowing, what is slow, what failed, and where to look next.",
	sections: [
		{
			title: "Now",
			tiles: [
				bigNumber({
					title: "Sources silent or in trouble",
					description:
						"Sources that cannot be watched, or that have written nothing for three times their usual pause (and 15 minutes at least). Look at Instruments: which one, and since when; then at the instrument itself, its share and its network.",
					unit: "none",
					width: 3,
					expression: orZero(`count(${worst(m.sourceUp, ["source"])} == 0 or ${silent})`),
					steps: { bad: 1 },
					links: [instruments, ownPage("Sources", "/api/v1/sources")],
				}),
				bigNumber({
					title: "Files complete",
					description:
						"Files found complete, a minute, over the last 5 minutes. 0 is well at night and bad when instruments run: compare it with changes noticed, below.",
					unit: "suffix: /min",
					width: 3,
					decimals: 1,
					expression: orZero(`60 * ${rate(m.settledFiles, [], {}, "5m")}`),
					links: [instruments],
				}),
				bigNumber({
					title: "Oldest waiting",
					description: `Age of the job that has waited longest for a worker. Orange from a third of the target of ${targets.resultWithinSeconds / 60} minutes on, red from the target on. Look at R pools: too few workers, a pool that is down, or one analysis that takes them all?`,
					unit: "s",
					width: 3,
					expression: told(m.oldestWaiting),
					steps: { worrying: targets.resultWithinSeconds / 3, bad: targets.resultWithinSeconds },
					links: [queues, ownPage("Jobs queued", "/api/v1/jobs?state=queued&order=asc")],
				}),
				bigNumber({
					title: "Attempts that failed",
					description:
						"Share of the attempts of the last 30 minutes that failed, or were lost with their worker; one that is tried again counts too. Orange from 1 %, red from 5 %. Look at Pipelines: which one, by which cause; `watchrabbit show JOB` has the log and the traceback.",
					unit: "percentunit",
					width: 3,
					decimals: 1,
					expression: share(
						`(${orZero(rate(m.attempts, [], { outcome: "failed|lost" }, "30m"))})`,
						rate(m.attempts, [], { outcome: "completed|failed|lost" }, "30m"),
					),
					nothing: "none ran",
					steps: { worrying: 0.01, bad: targets.failureShare },
					links: [pipelines, ownPage("Jobs that failed", "/api/v1/jobs?state=failed,dead")],
				}),
				bigNumber({
					title: "Dead jobs",
					description:
						"Jobs that failed for the last time and wait for a person. Read why (the link, or `watchrabbit list dead`), mend it, and run them again with `watchrabbit replay`.",
					unit: "none",
					width: 3,
					expression: told(m.jobs, [], { state: "dead" }),
					steps: { bad: 1 },
					links: [deadJobs, pipelines],
				}),
				bigNumber({
					title: "Files unaccounted for",
					description:
						"Files on disk that the ledger does not know. Anything but 0 is a loss: run `watchrabbit verify`, which names them, and `watchrabbit doctor`.",
					unit: "none",
					width: 3,
					expression: summed(m.unaccounted),
					steps: { bad: 1 },
					links: [lossLedger],
				}),
				bigNumber({
					title: "Results in time",
					description: `Of the first results in the time that is shown, the share that was there within ${targets.resultWithinSeconds / 60} minutes of settling; replays and old content are left out. The objective is ${targets.resultShare * 100} %; below it the number is red.`,
					unit: "percentunit",
					width: 3,
					decimals: 2,
					expression: resultsInTime,
					nothing: "none ended",
					steps: { bad: targets.resultShare, falling: true },
					links: [pipelines],
				}),
				bigNumber({
					title: "Alerts firing",
					description:
						"Alerts of WatchRabbit that fire now; they are listed below, and each has a page that says what to do.",
					unit: "none",
					width: 3,
					expression: orZero(`count(${alertsSeries}{alertstate="firing", alertname=~"WatchRabbit.*"})`),
					steps: { bad: 1 },
				}),
			],
		},
		{
			title: "Flow",
			tiles: [
				graph({
					title: "From change to result",
					description:
						"A minute: changes noticed on disk, files complete, jobs made, attempts that completed. Lines that part show where it stands still; a file that is written in pieces has several changes.",
					unit: "suffix: /min",
					width: 8,
					lines: [
						{ expression: `60 * ${rate(m.changes)}`, legend: "changes" },
						{ expression: `60 * ${rate(m.settledFiles)}`, legend: "files complete" },
						{ expression: `60 * ${rate(m.jobsCreated)}`, legend: "jobs made" },
						{ expression: `60 * ${rate(m.attempts, [], { outcome: "completed" })}`, legend: "results" },
					],
					links: [instruments],
				}),
				graph({
					title: "From complete to result",
					description: `How long it takes from an acquisition's settling to its stored result. The dashed line is the target, ${targets.resultWithinSeconds / 60} minutes. A point leads to the trace of an example.`,
					unit: "s",
					width: 8,
					lines: [
						{ expression: quantile(0.5, m.totalSeconds), legend: "half within" },
						{ expression: quantile(0.95, m.totalSeconds), legend: "95 % within", exemplars: true },
					],
					steps: { bad: targets.resultWithinSeconds },
					links: [pipelines, traces("Slow traces", '{ name =~ "attempt.*" && duration > 10s }')],
				}),
				bars({
					title: "Time in each step",
					description:
						"Mean time in each step on the way of an acquisition, over the time that is shown: where to look when it is slow. `acquire` and `attempt` hold those below them. A bar leads to traces with that step.",
					unit: "s",
					width: 8,
					height: 8,
					expression: `sort_desc(${mean(m.hopSeconds, ["hop"], {}, "$__range")})`,
					legend: "{{hop}}",
					links: [traces("Traces with this step", `{ name =~ "\${__field.labels.hop:percentencode}.*" }`)],
				}),
			],
		},
		stuck,
	],
};
