import { metricCatalogue as m } from "../metric-catalogue.ts";
import { buckets, quantile, rate, series, summed, told, worst } from "./expressions.ts";
import { graph, heatmap, timeline } from "./graphs.ts";
import { ownPage, traces } from "./links.ts";
import { bigNumber } from "./numbers.ts";
import type { Page } from "./page.ts";
import { silentSeconds, sourceColumns } from "./sources.ts";
import { table } from "./tables.ts";
import { uids } from "./uids.ts";

const files = ownPage("Its files", `/api/v1/files?source=\${__field.labels.source}`);

export const instruments: Page = {
	uid: uids.instruments,
	title: "Instruments",
	description: "Each source: how fast it writes, how long its files take to be complete, how long it has been silent.",
	sections: [
		{
			title: "Now",
			tiles: [
				table({
					title: "Sources",
					description:
						"Each source: whether it is watched, when it last wrote, its usual pause (the longest of 99 of 100), and its files by how far they are. A source in trouble says why at its process's /health/ready; `watchrabbit doctor` looks at its directory.",
					unit: "none",
					width: 24,
					rows: { source: "Source" },
					rowLinks: [
						ownPage("Its settings and how it is watched", `/api/v1/sources?name=\${__data.fields.Source}`),
						ownPage("Its files", `/api/v1/files?source=\${__data.fields.Source}`),
						ownPage("Its jobs", `/api/v1/jobs?source=\${__data.fields.Source}`),
					],
					columns: [
						sourceColumns.watched,
						{ name: "Last wrote", expression: `1000 * ${told(m.lastChange, ["source"])}`, unit: "dateTimeAsLocal" },
						sourceColumns.silentFor,
						sourceColumns.usualPause,
						sourceColumns.notComplete,
						{
							name: "Complete",
							expression: summed(m.files, ["source"], { state: "settled|verified|analysed" }),
							unit: "none",
						},
						sourceColumns.quarantine,
					],
				}),
			],
		},
		{
			title: "Rate and silence",
			tiles: [
				graph({
					title: "Changes noticed",
					description:
						"New versions of files that were noticed on disk, a minute. None while the instrument runs: is its share mounted, does it write elsewhere?",
					unit: "suffix: /min",
					width: 8,
					lines: [{ expression: `60 * ${rate(m.changes, ["source"])}`, legend: "{{source}}" }],
					links: [files],
				}),
				graph({
					title: "Files complete",
					description:
						"Files found complete, a minute. Changes without any: something is written all the time, or the marker or footer that `complete` asks for never comes; `watchrabbit why FILE` says what it waits for.",
					unit: "suffix: /min",
					width: 8,
					lines: [{ expression: `60 * ${rate(m.settledFiles, ["source"])}`, legend: "{{source}}" }],
					links: [files],
				}),
				graph({
					title: "Bytes complete",
					description:
						"Bytes of files found complete, a second: what has to be read and hashed, and stored where the source is archived.",
					unit: "Bps",
					width: 8,
					lines: [{ expression: rate(m.settledBytes, ["source"]), legend: "{{source}}" }],
				}),
				graph({
					title: "Silence",
					description:
						"Seconds since each source last wrote, and its usual pause. Silence above three times the usual pause is an alert: look at the instrument.",
					unit: "s",
					width: 12,
					lines: [
						{ expression: silentSeconds, legend: "{{source}} silent" },
						{ expression: told(m.usualGap, ["source"]), legend: "{{source}} usual pause" },
					],
				}),
				timeline({
					title: "Watched",
					description:
						"Whether each source was watched: red while its directory could not be reached or its watcher was in trouble. What was written meanwhile is found by the scan that follows.",
					unit: "none",
					width: 12,
					height: 8,
					lines: [{ expression: worst(m.sourceUp, ["source"]), legend: "{{source}}" }],
					steps: { bad: 1, falling: true },
				}),
			],
		},
		{
			title: "Lag",
			tiles: [
				graph({
					title: "From last change to complete",
					description:
						"How long 95 of 100 acquisitions took from their last change to being found complete. It cannot be less than the source's `quiet`; much more means markers that come late, or slow hashing.",
					unit: "s",
					width: 8,
					lines: [{ expression: quantile(0.95, m.settleSeconds, ["source"]), legend: "{{source}}", exemplars: true }],
					links: [traces("Slow ones", '{ name =~ "settle.*" && duration > 10s }')],
				}),
				heatmap({
					title: "From last change to complete, all of them",
					description: "How many acquisitions took how long from their last change to being found complete.",
					unit: "s",
					width: 8,
					lines: [{ expression: buckets(m.settleSeconds), legend: "{{le}}", exemplars: true }],
				}),
				graph({
					title: "Scans",
					description:
						"How long it took to compare all of a source with the ledger (95 of 100). It grows with the number of directories and with a slow share; a scan finds what events missed.",
					unit: "s",
					width: 8,
					lines: [{ expression: quantile(0.95, m.scanSeconds, ["source"]), legend: "{{source}}" }],
				}),
			],
		},
		{
			title: "Quarantine and disks",
			tiles: [
				graph({
					title: "Put into quarantine",
					description:
						"Files and folders that were refused, an hour, by the code of the reason. `watchrabbit list files --state quarantined` names them, `watchrabbit why FILE` says what to mend.",
					unit: "suffix: /h",
					width: 8,
					lines: [{ expression: `3600 * ${rate(m.refused, ["source", "code"])}`, legend: "{{source}} {{code}}" }],
					links: [ownPage("The quarantine", "/api/v1/files?state=quarantined")],
				}),
				bigNumber({
					title: "Files in quarantine",
					description:
						"Files that are in quarantine now. A file leaves it when it is written again; what it was refused for is told by `watchrabbit why FILE`.",
					unit: "none",
					width: 4,
					height: 8,
					expression: summed(m.files, [], { state: "quarantined" }),
					steps: { worrying: 1 },
					links: [ownPage("The quarantine", "/api/v1/files?state=quarantined")],
				}),
				graph({
					title: "Room on disk",
					description:
						"Share of the file system that is free where the state and each source lie, on the host that has least. Below 10 % it is time to clear up, below 5 % nothing is safe; when the disk of the state is full, work waits.",
					unit: "percentunit",
					width: 12,
					most: 1,
					lines: [
						{
							expression: `min by (place) (${series(m.diskFree)} / ${series(m.diskSize)})`,
							legend: "{{place}}",
						},
					],
					steps: { bad: 0.05, worrying: 0.1, falling: true },
				}),
			],
		},
	],
};
