import { scrapeJob } from "../alerts/service-alerts.ts";

export interface PrometheusTargets {
	/** host:port of every process that serves its metrics. */
	readonly watchrabbit: readonly string[];
	/** Of RabbitMQ's own metrics, of its plugin rabbitmq_prometheus. */
	readonly rabbitmq?: readonly string[];
	readonly alertmanagers: readonly string[];
}

/** A configuration of Prometheus for these processes; the rules lie beside it. */
export function prometheusConfig({ watchrabbit, rabbitmq = [], alertmanagers }: PrometheusTargets): object {
	const scrape = (name: string, targets: readonly string[]) => ({ job_name: name, static_configs: [{ targets }] });
	return {
		global: { scrape_interval: "15s", evaluation_interval: "15s" },
		rule_files: ["rules.yml"],
		alerting: { alertmanagers: [{ static_configs: [{ targets: alertmanagers }] }] },
		scrape_configs: [scrape(scrapeJob, watchrabbit), ...(rabbitmq.length === 0 ? [] : [scrape("rabbitmq", rabbitmq)])],
	};
}
