import { metricCatalogue as m } from "../metric-catalogue.ts";
import { orZero, quantile, rate, summed, told, total } from "./expressions.ts";
import { rabbitMetrics as rabbit } from "./foreign-metrics.ts";
import { graph } from "./graphs.ts";
import { ownPage } from "./links.ts";
import { bigNumber } from "./numbers.ts";
import type { Page } from "./page.ts";
import { targets } from "./targets.ts";
import { uids } from "./uids.ts";

export const queues: Page = {
	uid: uids.queues,
	title: "Queues and streams",
	description: "What waits between the edge, the flow and the workers, how long, and whether the broker is well.",
	sections: [
		{
			title: "What waits",
			tiles: [
				graph({
					title: "In the work queues",
					description:
						"Work of each pool: waiting in its queue for a worker, and leased by one. Waiting grows while more comes than the pool's workers do: more workers, or another host with the role work.",
					unit: "none",
					width: 8,
					lines: [{ expression: told(m.queueDepth, ["pool", "state"]), legend: "{{pool}} {{state}}" }],
					links: [ownPage("Jobs queued", "/api/v1/jobs?state=queued&order=asc")],
				}),
				graph({
					title: "Oldest waiting",
					description: `Age of the job that has waited longest for a worker, by pool. The dashed line is the target of a result, ${targets.resultWithinSeconds / 60} minutes.`,
					unit: "s",
					width: 8,
					lines: [{ expression: told(m.oldestWaiting, ["pool"]), legend: "{{pool}}" }],
					steps: { bad: targets.resultWithinSeconds },
				}),
				graph({
					title: "Waiting of jobs",
					description:
						"How long 95 of 100 jobs waited for a worker, and acquisitions in the event log until they were read.",
					unit: "s",
					width: 8,
					lines: [
						{
							expression: quantile(0.95, m.hopSeconds, ["hop"], { hop: "queue wait|log wait|publish" }),
							legend: "{{hop}}",
							exemplars: true,
						},
					],
				}),
			],
		},
		{
			title: "From the log to jobs",
			tiles: [
				graph({
					title: "Credit in use",
					description:
						"Share of the messages that a role may have on their way at once which it has. At 100 % for long it is held up by what follows: the catalog, or a full work queue.",
					unit: "percentunit",
					width: 8,
					most: 1,
					lines: [
						{
							expression: `${summed(m.creditsInUse, ["role", "instance"])} / ${summed(m.credits, ["role", "instance"])}`,
							legend: "{{role}} {{instance}}",
						},
					],
					steps: { bad: 1 },
				}),
				graph({
					title: "Behind the edge",
					description:
						"How old what was last resolved of each partition of the log is. It rises also while nothing comes; rising while files are complete means that the flow does not keep up.",
					unit: "s",
					width: 8,
					lines: [{ expression: `time() - ${told(m.watermark, ["partition"])}`, legend: "{{partition}}" }],
				}),
				graph({
					title: "Taking in",
					description: "How long 95 of 100 transactions took that make jobs of acquisitions: the catalog's speed.",
					unit: "s",
					width: 8,
					lines: [{ expression: quantile(0.95, m.intakeSeconds), legend: "95 % within" }],
				}),
				graph({
					title: "Jobs made and linked",
					description:
						"Jobs made for new content, and acquisitions linked to a job that existed because their content was analysed before, a minute.",
					unit: "suffix: /min",
					width: 8,
					lines: [
						{ expression: `60 * ${rate(m.jobsCreated)}`, legend: "made" },
						{ expression: `60 * ${rate(m.jobsLinked)}`, legend: "linked" },
					],
				}),
				graph({
					title: "Not told yet",
					description:
						"How long ago happened what a service that is told onwards was not told of yet, the oldest of it. Rising: it does not take what it is told. One that is new is told all that ever happened: it falls until that is done.",
					unit: "s",
					width: 8,
					lines: [{ expression: told(m.sinkWaiting, ["neighbour"]), legend: "{{neighbour}}" }],
				}),
				bigNumber({
					title: "Messages nobody could read",
					description:
						"Messages that were kept whole among the dead letters since the processes started, because nobody could read them. Somebody else publishes into our queues, or two versions do not fit: the log line names the queue.",
					unit: "none",
					width: 4,
					height: 8,
					expression: orZero(total(m.deadLetters)),
					steps: { bad: 1 },
				}),
				bigNumber({
					title: "Broker takes messages",
					description:
						"Whether the broker takes what is published. It refuses while it is short of memory or disk: free some; until then files wait at the edge, and nothing is lost.",
					unit: "bool_yes_no",
					width: 4,
					height: 8,
					expression: `1 - ${told(m.brokerBlocked)}`,
					steps: { bad: 1, falling: true },
				}),
			],
		},
		{
			title: "RabbitMQ's own numbers (where `broker` is configured)",
			collapsed: true,
			tiles: [
				graph({
					title: "Messages ready",
					description:
						"Messages that wait, by queue. Our work queues are bounded; what waits in a dead-letter queue (`.dead`) waits for a person.",
					unit: "none",
					width: 8,
					lines: [
						{ expression: `max by (vhost, queue) (${rabbit.ready}{queue=~"watchrabbit.*"})`, legend: "{{queue}}" },
					],
				}),
				graph({
					title: "Messages not acknowledged",
					description: "Messages that a consumer has and has not acknowledged yet, by queue.",
					unit: "none",
					width: 8,
					lines: [
						{
							expression: `max by (vhost, queue) (${rabbit.unacknowledged}{queue=~"watchrabbit.*"})`,
							legend: "{{queue}}",
						},
					],
				}),
				graph({
					title: "Consumers",
					description:
						"Consumers of each queue. A work queue without any: no process with the role work is there for its pool.",
					unit: "none",
					width: 8,
					lines: [
						{ expression: `max by (vhost, queue) (${rabbit.consumers}{queue=~"watchrabbit.*"})`, legend: "{{queue}}" },
					],
				}),
				graph({
					title: "Messages of the broker",
					description: "Messages that the broker took and gave, a second, of all that use it.",
					unit: "cps",
					width: 8,
					lines: [
						{ expression: `sum (rate(${rabbit.published}[$__rate_interval]))`, legend: "taken" },
						{ expression: `sum (rate(${rabbit.delivered}[$__rate_interval]))`, legend: "given" },
					],
				}),
				graph({
					title: "Memory and disk of the broker",
					description:
						"How much of its limit of memory the broker uses, and its limit of free disk beside what is free. At 100 % it takes no more messages.",
					unit: "percentunit",
					width: 8,
					lines: [
						{ expression: `max (${rabbit.memory} / on (instance) ${rabbit.memoryLimit})`, legend: "memory" },
						{ expression: `max (${rabbit.diskLimit} / on (instance) ${rabbit.disk})`, legend: "disk" },
					],
					steps: { worrying: 0.8, bad: 1 },
				}),
				graph({
					title: "Connections and channels",
					description: "Connections and channels of the broker, of all that use it. Numbers that only grow are a leak.",
					unit: "none",
					width: 8,
					lines: [
						{ expression: `sum (${rabbit.connections})`, legend: "connections" },
						{ expression: `sum (${rabbit.channels})`, legend: "channels" },
					],
				}),
			],
		},
	],
};
