import { metricCatalogue as m } from "../metric-catalogue.ts";
import { orZero, rate, summed, told, total } from "./expressions.ts";
import { graph } from "./graphs.ts";
import { dashboardLink, ownPage } from "./links.ts";
import { bars, bigNumber } from "./numbers.ts";
import type { Page } from "./page.ts";
import { table } from "./tables.ts";
import { uids } from "./uids.ts";

export const lossLedger: Page = {
	uid: uids.lossLedger,
	title: "Loss ledger",
	description: "Where everything is that instruments wrote: every file is in exactly one state, and none is missing.",
	sections: [
		{
			title: "Is anything missing?",
			tiles: [
				bigNumber({
					title: "Files unaccounted for",
					description:
						"Files on disk that the ledger does not know, as the last scan of each source compared them. Anything but 0 is a loss: `watchrabbit verify` names them, and compares every result with its manifest as well.",
					unit: "none",
					width: 6,
					height: 5,
					expression: summed(m.unaccounted),
					steps: { bad: 1 },
					links: [dashboardLink("Instruments", uids.instruments)],
				}),
				bigNumber({
					title: "In quarantine",
					description:
						"Files that were refused, with the reason, and wait for a person or for being written again: `watchrabbit why FILE`.",
					unit: "none",
					width: 6,
					height: 5,
					expression: summed(m.files, [], { state: "quarantined" }),
					steps: { worrying: 1 },
					links: [ownPage("The quarantine", "/api/v1/files?state=quarantined")],
				}),
				bigNumber({
					title: "Dead jobs",
					description:
						"Jobs that failed for the last time: their inputs, log and traceback are kept, and `watchrabbit replay` runs them again.",
					unit: "none",
					width: 6,
					height: 5,
					expression: told(m.jobs, [], { state: "dead" }),
					steps: { bad: 1 },
					links: [ownPage("Dead jobs, with why", "/api/v1/jobs?state=dead")],
				}),
				bigNumber({
					title: "Messages nobody could read",
					description: "Messages kept whole among the dead letters since the processes started.",
					unit: "none",
					width: 6,
					height: 5,
					expression: orZero(total(m.deadLetters)),
					steps: { bad: 1 },
				}),
			],
		},
		{
			title: "Where files are",
			tiles: [
				table({
					title: "Files, by source and state",
					description:
						"Every file known to the ledgers: seen and settling are not complete yet, settled, stored and verified are on their way, analysed are done, ignored by a rule, quarantined for a reason.",
					unit: "none",
					width: 12,
					height: 10,
					rows: { source: "Source", state: "State" },
					rowLinks: [
						ownPage("These files", `/api/v1/files?source=\${__data.fields.Source}&state=\${__data.fields.State}`),
					],
					columns: [{ name: "Files", expression: `${summed(m.files, ["source", "state"])} > 0`, unit: "none" }],
				}),
				graph({
					title: "Files, by state",
					description:
						"Files known to the ledgers, by state. What is not at its end is thin and comes and goes; a band that grows is stuck.",
					unit: "none",
					width: 12,
					height: 10,
					stacked: true,
					lines: [{ expression: summed(m.files, ["state"]), legend: "{{state}}" }],
				}),
				graph({
					title: "Unaccounted, over time",
					description: "Files on disk that the ledger did not know, by source. The line is at 0, always.",
					unit: "none",
					width: 8,
					lines: [{ expression: summed(m.unaccounted, ["source"]), legend: "{{source}}" }],
					steps: { bad: 1 },
				}),
				bars({
					title: "Jobs, by state",
					description: "Every job of the catalog. Completed, dead, cancelled and superseded are at their end.",
					unit: "none",
					width: 8,
					height: 8,
					expression: told(m.jobs, ["state"]),
					legend: "{{state}}",
					links: [ownPage("These jobs", `/api/v1/jobs?state=\${__field.labels.state}`)],
				}),
				graph({
					title: "Work dropped, and telemetry dropped",
					description:
						"An hour: attempts whose lease another worker had taken meanwhile (their work is done again, nothing is lost), and spans or log records that no collector took.",
					unit: "suffix: /h",
					width: 8,
					lines: [
						{ expression: orZero(`3600 * ${rate(m.fenced)}`), legend: "attempts fenced" },
						{ expression: orZero(`3600 * ${rate(m.telemetryDropped)}`), legend: "telemetry dropped" },
					],
				}),
			],
		},
	],
};
