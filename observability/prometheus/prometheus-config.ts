import { scrapeJob } from "../alerts/service-alerts.ts";

export interface PrometheusTargets {
	/** host:port of every process that serves its metrics; or where files tell of them, read again while Prometheus runs. */
	readonly watchrabbit: readonly string[] | { readonly files: string };
	/** host:port of RabbitMQ's own metrics, of its plugin rabbitmq_prometheus. */
	readonly rabbitmq?: readonly string[];
	readonly alertmanagers: readonly string[];
}

/** A configuration of Prometheus for these processes; the rules lie beside it. */
export function prometheusConfig({ watchrabbit, rabbitmq = [], alertmanagers }: PrometheusTargets): object {
	return {
		global: { scrape_interval: "15s", evaluation_interval: "15s" },
		rule_files: ["rules.yml"],
		alerting: { alertmanagers: [{ static_configs: [{ targets: alertmanagers }] }] },
		scrape_configs: [
			{ job_name: scrapeJob, ...where(watchrabbit) },
			...(rabbitmq.length === 0 ? [] : rabbitMq(rabbitmq)),
		],
	};
}

function where(targets: PrometheusTargets["watchrabbit"]): object {
	return "files" in targets
		? { file_sd_configs: [{ files: [targets.files], refresh_interval: "10s" }] }
		: { static_configs: [{ targets }] };
}

/** The broker as a whole, and each of its queues. */
function rabbitMq(targets: readonly string[]): readonly object[] {
	const family = ["queue_coarse_metrics", "queue_consumer_count"];
	return [
		{ job_name: "rabbitmq", static_configs: [{ targets }] },
		{
			job_name: "rabbitmq-queues",
			metrics_path: "/metrics/detailed",
			params: { family },
			static_configs: [{ targets }],
		},
	];
}
