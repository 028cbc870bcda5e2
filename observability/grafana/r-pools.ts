import { metricCatalogue as m } from "../metric-catalogue.ts";
import { buckets, quantile, rate, share, summed, worst } from "./expressions.ts";
import { graph, heatmap, timeline } from "./graphs.ts";
import { ownPage, traces } from "./links.ts";
import type { Page } from "./page.ts";
import { table } from "./tables.ts";
import { uids } from "./uids.ts";

export const rPools: Page = {
	uid: uids.rPools,
	title: "R pools",
	description:
		"Whether R takes work, whether there is enough of it, what it costs to start, and how much memory runs take.",
	sections: [
		{
			title: "Now",
			tiles: [
				table({
					title: "Pools",
					description:
						"Each pool of each process: whether it takes work, its workers, and the runs that wait for one. A pool that is down says why at its process's /health/ready; `watchrabbit doctor` looks at R and its packages.",
					unit: "none",
					width: 12,
					rows: { pool: "Pool", instance: "Process" },
					rowLinks: [
						ownPage("Jobs that run", "/api/v1/jobs?state=running"),
						ownPage("Jobs that wait", "/api/v1/jobs?state=queued&order=asc"),
					],
					columns: [
						{
							name: "Takes work",
							expression: worst(m.poolUp, ["pool", "instance"]),
							unit: "none",
							words: { 0: "no", 1: "yes" },
							steps: { bad: 1, falling: true },
						},
						{
							name: "Running",
							expression: summed(m.poolWorkers, ["pool", "instance"], { state: "running" }),
							unit: "none",
						},
						{ name: "Idle", expression: summed(m.poolWorkers, ["pool", "instance"], { state: "idle" }), unit: "none" },
						{ name: "Waiting", expression: summed(m.poolWaiting, ["pool", "instance"]), unit: "none" },
					],
				}),
				timeline({
					title: "Takes work",
					description: "Whether each pool took work: red while its R started or could not start.",
					unit: "none",
					width: 12,
					height: 8,
					lines: [{ expression: worst(m.poolUp, ["pool", "instance"]), legend: "{{pool}} {{instance}}" }],
					steps: { bad: 1, falling: true },
				}),
			],
		},
		{
			title: "Enough workers?",
			tiles: [
				graph({
					title: "Workers in use",
					description:
						"Share of the workers of each pool that run an analysis, over all processes. At 100 % while runs wait the pool is too small: raise `workers`, or start another host with the role work.",
					unit: "percentunit",
					width: 8,
					most: 1,
					lines: [
						{
							expression: share(summed(m.poolWorkers, ["pool"], { state: "running" }), summed(m.poolWorkers, ["pool"])),
							legend: "{{pool}}",
						},
					],
					steps: { worrying: 0.9 },
				}),
				graph({
					title: "Workers and waiting runs",
					description: "Workers by what they do, and runs that wait in a process for one of its workers.",
					unit: "none",
					width: 8,
					lines: [
						{ expression: summed(m.poolWorkers, ["pool", "state"]), legend: "{{pool}} {{state}}" },
						{ expression: summed(m.poolWaiting, ["pool"]), legend: "{{pool}} waiting runs" },
					],
				}),
				graph({
					title: "Waiting for R",
					description: "How long 95 of 100 runs waited for an R that was free, or for one to start.",
					unit: "s",
					width: 8,
					lines: [
						{
							expression: quantile(0.95, m.hopSeconds, [], { hop: "r start" }),
							legend: "95 % within",
							exemplars: true,
						},
					],
					links: [traces("Those that waited", '{ name =~ "r start.*" && duration > 1s }')],
				}),
			],
		},
		{
			title: "What R costs",
			tiles: [
				graph({
					title: "Starting R",
					description:
						"How long it took from starting an R until it takes runs (95 of 100). Packages that are preloaded cost their loading here, once.",
					unit: "s",
					width: 8,
					lines: [{ expression: quantile(0.95, m.poolStartSeconds, ["pool"], {}, "$__range"), legend: "{{pool}}" }],
				}),
				graph({
					title: "R replaced",
					description:
						"Warm R that were replaced, an hour, by why: after its runs, because of memory, or because it died. Those that die are told in the log, with their last words.",
					unit: "suffix: /h",
					width: 8,
					stacked: true,
					lines: [{ expression: `3600 * ${rate(m.poolRecycled, ["pool", "why"])}`, legend: "{{pool}} {{why}}" }],
				}),
				graph({
					title: "Inside R",
					description:
						"How long 95 of 100 runs took to get ready, in the lab's own code, and to write what came of it.",
					unit: "s",
					width: 8,
					lines: [
						{
							expression: quantile(0.95, m.hopSeconds, ["hop"], { hop: "r prepare|r evaluate|r outputs" }),
							legend: "{{hop}}",
							exemplars: true,
						},
					],
				}),
				graph({
					title: "Memory of runs",
					description:
						"The most memory that a run took: half of the runs, and 95 of 100, by pool. Compare it with the pool's limit and with what the machine has for its workers together.",
					unit: "bytes",
					width: 12,
					lines: [
						{ expression: quantile(0.5, m.runPeakMemory, ["pool"]), legend: "{{pool}} half" },
						{ expression: quantile(0.95, m.runPeakMemory, ["pool"]), legend: "{{pool}} 95 %" },
					],
				}),
				heatmap({
					title: "Memory of runs, all of them",
					description: "How many runs took how much memory at most.",
					unit: "bytes",
					width: 12,
					lines: [{ expression: buckets(m.runPeakMemory), legend: "{{le}}" }],
				}),
			],
		},
	],
};
