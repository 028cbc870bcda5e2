import { metricCatalogue as m } from "../metric-catalogue.ts";
import { buckets, chosenProcesses, frequency, orZero, quantile, rate, rateWindow, share } from "./expressions.ts";
import { nodeMetrics as node } from "./foreign-metrics.ts";
import { graph, heatmap } from "./graphs.ts";
import { ownPage, traces } from "./links.ts";
import { bigNumber } from "./numbers.ts";
import type { Page } from "./page.ts";
import { table } from "./tables.ts";
import { targets } from "./targets.ts";
import { uids } from "./uids.ts";

const ours = `{${chosenProcesses}}`;
const answers = (window: string, status = ".*") =>
	`sum (rate(${m.requestSeconds.name}_count{${chosenProcesses}, route=~"/api/.*", status=~"${status}"}[${window}]))`;

export const api: Page = {
	uid: uids.api,
	title: "API",
	description: "Whether answers come, how fast, from the cache or not, and how the processes themselves are.",
	sections: [
		{
			title: "Answers",
			tiles: [
				bigNumber({
					title: "Availability",
					description: `Share of the answers of the API, in the time that is shown, that were no failure of ours (5xx). The objective is ${targets.apiShare * 100} %. Below it: which route (beside), and what its log lines say.`,
					unit: "percentunit",
					width: 4,
					height: 8,
					decimals: 3,
					expression: `1 - ${share(`(${orZero(answers("$__range", "5.."))})`, answers("$__range"))}`,
					nothing: "none asked",
					steps: { bad: targets.apiShare, falling: true },
					links: [ownPage("Health", "/health/ready")],
				}),
				graph({
					title: "Answers by status",
					description:
						"Answers a second, by status. 4xx are the callers' mistakes, 5xx are ours, 503 says that this process ends.",
					unit: "reqps",
					width: 10,
					stacked: true,
					lines: [{ expression: frequency(m.requestSeconds, ["status"]), legend: "{{status}}" }],
				}),
				graph({
					title: "Answers by route",
					description: "Answers a second, by route: who asks for what. Health and metrics are asked by machines.",
					unit: "reqps",
					width: 10,
					stacked: true,
					lines: [{ expression: frequency(m.requestSeconds, ["route"]), legend: "{{route}}" }],
				}),
				graph({
					title: "Time of an answer",
					description:
						"How long answers took: half, 95 and 99 of 100. A step up with a cache that misses is the catalog; with an event loop that is late, below, it is this process.",
					unit: "s",
					width: 8,
					lines: [
						{ expression: quantile(0.5, m.requestSeconds), legend: "half within" },
						{ expression: quantile(0.95, m.requestSeconds), legend: "95 % within" },
						{ expression: quantile(0.99, m.requestSeconds), legend: "99 % within", exemplars: true },
					],
					links: [traces("Slow answers", "{ kind = server && duration > 500ms }")],
				}),
				graph({
					title: "Time of an answer, by route",
					description: "How long 95 of 100 answers took, by route: which one a step up comes from.",
					unit: "s",
					width: 8,
					lines: [{ expression: quantile(0.95, m.requestSeconds, ["route"]), legend: "{{route}}" }],
				}),
				heatmap({
					title: "Time of an answer, all of them",
					description: "How many answers took how long; a point leads to the trace of a slow one.",
					unit: "s",
					width: 8,
					lines: [{ expression: buckets(m.requestSeconds), legend: "{{le}}", exemplars: true }],
				}),
			],
		},
		{
			title: "Cache",
			tiles: [
				graph({
					title: "From the cache",
					description:
						"Share of what was asked of the cache that it had, by level. Without Redis only the memory of each process answers; a Redis that is away makes answers slower, never wrong.",
					unit: "percentunit",
					width: 12,
					most: 1,
					lines: [
						{
							expression: share(rate(m.cacheRequests, ["level"], { outcome: "hit" }), rate(m.cacheRequests, ["level"])),
							legend: "{{level}}",
						},
					],
				}),
				graph({
					title: "Asked of the cache",
					description: "Answers that were looked for in the cache, a second, by level and whether they were there.",
					unit: "reqps",
					width: 12,
					lines: [{ expression: rate(m.cacheRequests, ["level", "outcome"]), legend: "{{level}} {{outcome}}" }],
				}),
			],
		},
		{
			title: "Live",
			tiles: [
				graph({
					title: "Clients that follow",
					description:
						"Clients that follow what happens, by transport. A step down is a process that ended: they come back to another.",
					unit: "none",
					width: 6,
					stacked: true,
					lines: [{ expression: `sum by (transport) (${m.liveClients.name}${ours})`, legend: "{{transport}}" }],
				}),
				graph({
					title: "Events sent",
					description: "Events sent a second: each to each client that asks for it.",
					unit: "none",
					width: 6,
					lines: [{ expression: rate(m.liveSent, []), legend: "events" }],
				}),
				graph({
					title: "Told after",
					description:
						"How long after it happened an event was sent: half, 95 and 99 of 100. Above a second the process is slow, or the catalog.",
					unit: "s",
					width: 6,
					lines: [
						{ expression: quantile(0.5, m.liveLagSeconds), legend: "half within" },
						{ expression: quantile(0.95, m.liveLagSeconds), legend: "95 % within" },
						{ expression: quantile(0.99, m.liveLagSeconds), legend: "99 % within" },
					],
				}),
				graph({
					title: "Clients left",
					description:
						"Clients that follow no more, a second, by why. Those that are slow do not take what they ask for: a filter helps, or a faster network.",
					unit: "none",
					width: 6,
					stacked: true,
					lines: [{ expression: rate(m.liveLeft, ["why"]), legend: "{{why}}" }],
				}),
			],
		},
		{
			title: "Processes",
			tiles: [
				graph({
					title: "Event loop late by",
					description:
						"By how much the event loop of each process was late, in 99 of 100 cases. Above 100 ms everything of that process is slow.",
					unit: "s",
					width: 8,
					lines: [{ expression: `max by (instance) (${node.loopDelay}${ours})`, legend: "{{instance}}" }],
					steps: { worrying: 0.1, bad: 1 },
				}),
				graph({
					title: "Processor",
					description: "Cores that each process takes; R's are not in it.",
					unit: "none",
					width: 8,
					lines: [
						{ expression: `sum by (instance) (rate(${node.cpu}${ours}[${rateWindow}]))`, legend: "{{instance}}" },
						{
							expression: `sum by (instance) (rate(${node.collecting}${ours}[${rateWindow}]))`,
							legend: "{{instance}} collecting garbage",
						},
					],
				}),
				graph({
					title: "Memory",
					description:
						"Memory of each process: resident, and its JavaScript heap. It is flat under load; what only grows is a leak.",
					unit: "bytes",
					width: 8,
					lines: [
						{ expression: `sum by (instance) (${node.resident}${ours})`, legend: "{{instance}}" },
						{ expression: `sum by (instance) (${node.heapUsed}${ours})`, legend: "{{instance}} heap" },
					],
				}),
				graph({
					title: "Open files and connections",
					description: "File descriptors that each process has open. What only grows ends at the limit of the system.",
					unit: "none",
					width: 8,
					lines: [{ expression: `sum by (instance) (${node.descriptors}${ours})`, legend: "{{instance}}" }],
				}),
				table({
					title: "Builds",
					description:
						"Which version runs where, on which Node. More than one at a time: a roll-out goes on, or stands still.",
					unit: "none",
					width: 16,
					rows: { instance: "Process", version: "Version", node: "Node", system: "System" },
					columns: [
						{
							name: "Started",
							expression: `1000 * max by (instance) (${node.started}${ours}) * on (instance) group_right () max by (instance, version, node, system) (${m.build.name}${ours})`,
							unit: "dateTimeAsLocal",
						},
					],
				}),
			],
		},
	],
};
