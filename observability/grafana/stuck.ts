import { metricCatalogue as m } from "../metric-catalogue.ts";
import { chosenProcesses, told, worst } from "./expressions.ts";
import { alertsSeries, nodeMetrics } from "./foreign-metrics.ts";
import { dashboardLink, healthOfRow, ownPage } from "./links.ts";
import type { Section } from "./page.ts";
import { sourceColumns } from "./sources.ts";
import { table } from "./tables.ts";
import { uids } from "./uids.ts";

/** Of the overview: what stands still, each with the way to more of it. */
export const stuck: Section = {
	title: "What is stuck, and where to look",
	tiles: [
		table({
			title: "Sources",
			description:
				"Each source: whether it is watched, since when it has written nothing beside its usual pause, what is not complete yet, and what was put into quarantine. The name leads to its page and to its files.",
			unit: "none",
			width: 12,
			rows: { source: "Source" },
			rowLinks: [
				dashboardLink("Its instrument page", uids.instruments, `&var-source=\${__data.fields.Source}`),
				ownPage("Its files that are not complete", `/api/v1/files?state=seen,settling&source=\${__data.fields.Source}`),
				ownPage("Its quarantine", `/api/v1/files?state=quarantined&source=\${__data.fields.Source}`),
			],
			columns: [
				sourceColumns.watched,
				sourceColumns.silentFor,
				sourceColumns.usualPause,
				sourceColumns.notComplete,
				sourceColumns.quarantine,
			],
		}),
		table({
			title: "Jobs on their way",
			description:
				"Jobs that are not at their end, by pipeline and state; `failed` waits to be tried again. The name leads to the pipeline's page and its jobs.",
			unit: "none",
			width: 12,
			rows: { pipeline: "Pipeline", state: "State" },
			rowLinks: [
				dashboardLink("Its page", uids.pipelines, `&var-pipeline=\${__data.fields.Pipeline}`),
				ownPage(
					"These jobs",
					`/api/v1/jobs?pipeline=\${__data.fields.Pipeline}&state=\${__data.fields.State}&order=asc`,
				),
			],
			columns: [{ name: "Jobs", expression: told(m.pipelineJobs, ["pipeline", "state"]), unit: "none" }],
		}),
		table({
			title: "Alerts",
			description: "Alerts that fire now. The name leads to what it means and what to do.",
			unit: "none",
			width: 8,
			rowLinks: [ownPage("What it means, and what to do", "/api/v1/alerts")],
			rows: { alertname: "Alert", severity: "Severity", source: "Source", pipeline: "Pipeline", pool: "Pool" },
			columns: [
				{
					name: "Firing",
					expression: `max by (alertname, severity, source, pipeline, pool) (${alertsSeries}{alertstate="firing", alertname=~"WatchRabbit.*"})`,
					unit: "none",
					words: { 1: "now" },
					steps: { bad: 1 },
				},
			],
		}),
		table({
			title: "Services",
			description:
				"What this installation stands on, as the process that fares worst last found each: a service that is away makes work wait, and nothing is lost by it.",
			unit: "none",
			width: 8,
			rows: { neighbour: "Service" },
			rowLinks: [ownPage("Health: since when, and why", "/health")],
			columns: [
				{
					name: "Answers",
					expression: worst(m.neighbourUp, ["neighbour"]),
					unit: "none",
					words: { 0: "away", 1: "yes" },
					steps: { bad: 1, falling: true },
				},
				{
					name: "Within",
					expression: told(m.neighbourSeconds, ["neighbour"]),
					unit: "s",
					steps: { worrying: 0.5, bad: 2 },
				},
			],
		}),
		table({
			title: "Processes",
			description: "Each role of each process, since when it runs, and its health page, which tells what hinders it.",
			unit: "none",
			width: 8,
			rows: { instance: "Process", role: "Role" },
			rowLinks: [healthOfRow],
			columns: [
				{
					name: "Works",
					expression: worst(m.roleUp, ["instance", "role"]),
					unit: "none",
					words: { 0: "no", 1: "yes" },
					steps: { bad: 1, falling: true },
				},
				{
					name: "Since",
					expression: `${told(m.roleUp, ["instance", "role"])} * on (instance) group_left () (time() - ${nodeMetrics.started}{${chosenProcesses}})`,
					unit: "s",
				},
			],
		}),
	],
};
