import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { stringify } from "yaml";
import type { Objectives } from "#domain/objectives.ts";
import { alertmanagerConfig, exampleReceivers } from "../alertmanager/alertmanager-config.ts";
import { prometheusRules } from "../alerts/rules.ts";
import { prometheusConfig } from "../prometheus/prometheus-config.ts";

export interface Observed {
	/** Where the files come to lie, absolute. */
	readonly directory: string;
	/** Of RabbitMQ, where there is one. */
	readonly broker: string | undefined;
	readonly objectives: Objectives;
}

export interface ProvisionedFile {
	/** Relative to the directory. */
	readonly path: string;
	readonly text: string;
	/** Whether it is a person's once it is there: names and addresses of a lab are in it. */
	readonly isTheirs?: true;
}

/** Where each process tells of itself, below the directory: Prometheus looks for new ones while it runs. */
export const targetsFolder = "prometheus/targets";

/** Where they listen when nobody says otherwise. */
const usual = {
	prometheus: "127.0.0.1:9090",
	alertmanager: "127.0.0.1:9093",
	tempo: "127.0.0.1:3200",
	rabbitMqMetricsPort: 15692,
} as const;

/** Beside this code, from source and in the package. */
const dashboards = new URL("../grafana/dashboards/", import.meta.url);

/** Everything that Prometheus, Alertmanager and Grafana read to watch an installation on this machine. */
export function provisioning({ directory, broker, objectives }: Observed): readonly ProvisionedFile[] {
	const rabbitmq = broker === undefined ? [] : [`${broker}:${usual.rabbitMqMetricsPort}`];
	const watchrabbit = { files: "targets/*.json" };
	return [
		{
			path: "prometheus/prometheus.yml",
			text: stringify(prometheusConfig({ watchrabbit, rabbitmq, alertmanagers: [usual.alertmanager] })),
		},
		{ path: "prometheus/rules.yml", text: stringify(prometheusRules(objectives), asWritten) },
		{
			path: "alertmanager/alertmanager.yml",
			text: stringify(alertmanagerConfig(exampleReceivers, objectives), asWritten),
			isTheirs: true,
		},
		{ path: "grafana/provisioning/datasources/watchrabbit.yml", text: stringify(dataSources) },
		{
			path: "grafana/provisioning/dashboards/watchrabbit.yml",
			text: stringify(dashboardProvider(join(directory, "grafana/dashboards"))),
		},
		...readdirSync(dashboards).map((name) => ({
			path: `grafana/dashboards/${name}`,
			text: readFileSync(new URL(name, dashboards), "utf8"),
		})),
	];
}

/**
 * How they are started over the directory, as lines for a shell. For this machine alone: whoever reaches them could silence
 * alerts. What they write is below the directory as well: whoever may write there needs no other right.
 */
export function startLines(directory: string): readonly string[] {
	const at = (path: string) => shellWord(join(directory, path));
	return [
		`prometheus --config.file=${at("prometheus/prometheus.yml")} --storage.tsdb.path=${at("prometheus/data")} --web.listen-address=${usual.prometheus} --enable-feature=exemplar-storage`,
		`alertmanager --config.file=${at("alertmanager/alertmanager.yml")} --storage.path=${at("alertmanager/data")} --web.listen-address=${usual.alertmanager} --cluster.listen-address=`,
		`GF_SERVER_HTTP_ADDR=127.0.0.1 GF_PATHS_PROVISIONING=${at("grafana/provisioning")} GF_PATHS_DATA=${at("grafana/data")} GF_PATHS_LOGS=${at("grafana/logs")} grafana server --homepath=/usr/share/grafana`,
	];
}

/** As a POSIX shell takes it for one word, and nothing else. */
function shellWord(text: string): string {
	return /^[\w@%+:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

const asWritten = { lineWidth: 0, aliasDuplicateObjects: false };

/** An exemplar's trace_id leads to its trace. */
const dataSources = {
	apiVersion: 1,
	datasources: [
		{
			name: "WatchRabbit metrics",
			uid: "watchrabbit-metrics",
			type: "prometheus",
			access: "proxy",
			url: `http://${usual.prometheus}`,
			isDefault: true,
			jsonData: {
				httpMethod: "POST",
				timeInterval: "15s",
				exemplarTraceIdDestinations: [{ name: "trace_id", datasourceUid: "watchrabbit-traces" }],
			},
		},
		{
			name: "WatchRabbit traces",
			uid: "watchrabbit-traces",
			type: "tempo",
			access: "proxy",
			url: `http://${usual.tempo}`,
		},
	],
};

function dashboardProvider(path: string): object {
	return {
		apiVersion: 1,
		providers: [{ name: "WatchRabbit", folder: "WatchRabbit", type: "file", options: { path } }],
	};
}
