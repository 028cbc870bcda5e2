import { sinkNames, sinkNeighbour } from "#domain/sink-names.ts";
import { metricCatalogue as metrics } from "../metric-catalogue.ts";
import { collectorOf } from "../neighbour-events.ts";
import type { Alert } from "./alert.ts";
import { day, hour, minute, promqlDuration } from "./durations.ts";
import { above, and, below, divided, leastWithin, max, min, now, secondsUntil, times } from "./expression.ts";

/** Of the scrape configuration. */
export const scrapeJob = "watchrabbit";

const late = ["BacklogGrowing", "OldestWaiting", "ResultsLate"];
const sinks = sinkNames.map(sinkNeighbour);
/** Neighbours with an alert of their own, which says more; and those for which no work waits. */
const others = ["cache", "broker", "disk", collectorOf("traces"), collectorOf("logs"), ...sinks];
const sinkDown = below(min(["neighbour"], now(metrics.neighbourUp, { neighbour: sinks })), 1);
const untold = max(["neighbour"], now(metrics.sinkWaiting));
/** One that is new is told all that ever happened: as long as what waits grows younger, all is well. */
const noProgressSeconds = 15 * minute;
const leastUntold = max(["neighbour"], leastWithin(metrics.sinkWaiting, noProgressSeconds));
const place = ["instance", "place"];
const freeShare = divided(min(place, now(metrics.diskFree)), min(place, now(metrics.diskSize)));
const untilEnd = secondsUntil(now(metrics.certificateEnd));
/** So many seconds before its end, and of one that lives shortly, and is replaced in time, not before that part of its life. */
const endsWithin = (seconds: number, partOfLife: number) =>
	min(["service"], and(below(untilEnd, seconds), below(times(untilEnd, partOfLife), now(metrics.certificateLifetime))));
const up = `up{job="${scrapeJob}"}`;

/** What stands around: services, disks, certificates, and Prometheus itself. */
export const serviceAlerts: readonly Alert[] = [
	{
		name: "ServiceDown",
		meaning: "A service that work needs does not answer: work waits, and goes on by itself when it is back.",
		value: "count",
		summary: ({ label }) => `${label("neighbour")} does not answer.`,
		dashboard: "watchrabbit-overview",
		levels: [
			{
				severity: "critical",
				expression: below(min(["instance", "neighbour"], now(metrics.neighbourUp, { neighbour: { not: others } })), 1),
				forSeconds: 2 * minute,
			},
		],
		follow: [
			{
				alerts: [...late, "SinkDown", "NothingSettles", "FailureRate", "PoolStarved", "BrokerBlocked", "ApiFailing"],
				equal: [],
			},
		],
	},
	{
		name: "SinkDown",
		meaning:
			"A service that is told of jobs and results does not take what it is told, which waits in the catalog: analyses go on and nothing is lost, but who reads there does not know.",
		value: "seconds",
		summary: ({ label, value }) => `What ${label("neighbour")} is to be told has waited for ${value}.`,
		dashboard: "watchrabbit-queues",
		levels: [
			{ severity: "warning", expression: and(untold, sinkDown), forSeconds: 5 * minute },
			{
				severity: "critical",
				expression: and(above(untold, 4 * hour), above(untold, leastUntold)),
				forSeconds: noProgressSeconds,
			},
		],
	},
	{
		name: "CacheDown",
		meaning: "The cache does not answer: answers of the API take longer, and are as right.",
		value: "count",
		summary: () => "The cache does not answer.",
		dashboard: "watchrabbit-api",
		levels: [
			{
				severity: "info",
				expression: below(min(["instance", "neighbour"], now(metrics.neighbourUp, { neighbour: "cache" })), 1),
				forSeconds: 10 * minute,
			},
		],
	},
	{
		name: "BrokerBlocked",
		meaning: "The broker has an alarm of its own (memory, disk), and takes no messages until it is over.",
		value: "count",
		summary: () => "The broker takes no messages: it has an alarm.",
		dashboard: "watchrabbit-queues",
		levels: [
			{
				severity: "critical",
				expression: above(max(["instance"], now(metrics.brokerBlocked)), 0),
				forSeconds: minute,
			},
		],
		follow: [{ alerts: late, equal: [] }],
	},
	{
		name: "DiskSoonFull",
		meaning: "A disk is almost full, or will be within four hours if it fills as it did in the last one.",
		value: "share",
		summary: ({ label, value }) => `${label("place")}: ${value} of the disk is free.`,
		dashboard: "watchrabbit-overview",
		levels: [
			{
				severity: "warning",
				expression: {
					promql: `(${freeShare.promql} and (min by (${place.join(", ")}) (predict_linear(${metrics.diskFree.name}[${promqlDuration(hour)}], ${4 * hour})) < 0))`,
				},
				forSeconds: 15 * minute,
			},
			{ severity: "critical", expression: below(freeShare, 0.05), forSeconds: 5 * minute },
		],
	},
	{
		name: "CertificateEnding",
		meaning: "A certificate ends soon; from then on the service that it belongs to is not reached.",
		value: "seconds",
		summary: ({ label, value }) => `The certificate of ${label("service")} ends in ${value}.`,
		dashboard: "watchrabbit-overview",
		levels: [
			{ severity: "warning", expression: endsWithin(14 * day, 3), forSeconds: 0 },
			{ severity: "critical", expression: endsWithin(2 * day, 10), forSeconds: 0 },
		],
	},
	{
		name: "ScrapeMissing",
		meaning: "Prometheus gets no metrics: the process is gone, or out of reach, and no other alert can be trusted.",
		value: "count",
		summary: ({ label }) => `No metrics come from WatchRabbit ${label("instance")}.`,
		dashboard: "watchrabbit-overview",
		levels: [{ severity: "critical", expression: { promql: `(${up} == 0 or absent(${up}))` }, forSeconds: 5 * minute }],
	},
];
