import { stringify } from "yaml";
import { defaultObjectives } from "#domain/objectives.ts";
import { alertmanagerConfig, exampleReceivers } from "./alertmanager/alertmanager-config.ts";
import { alertCatalogue } from "./alerts/alert-catalogue.ts";
import { prometheusRules } from "./alerts/rules.ts";
import { metricsPage } from "./metrics-page.ts";
import { prometheusConfig } from "./prometheus/prometheus-config.ts";
import { runbookIndex } from "./runbooks/runbook-index.ts";

const made = "Made from the declarations in observability/alerts by `npm run alerts`: change those.";

/** What is made of the declarations for Prometheus, Alertmanager and people: text by path. */
export function generatedFiles(): ReadonlyMap<string, string> {
	return new Map([
		["observability/prometheus/rules.yml", yaml(prometheusRules(defaultObjectives))],
		[
			"observability/prometheus/prometheus.yml",
			yaml(
				prometheusConfig({
					watchrabbit: ["127.0.0.1:8080"],
					rabbitmq: ["127.0.0.1:15692"],
					alertmanagers: ["127.0.0.1:9093"],
				}),
			),
		],
		["observability/alertmanager/alertmanager.yml", yaml(alertmanagerConfig(exampleReceivers, defaultObjectives))],
		["observability/metrics.md", metricsPage()],
		["observability/runbooks/README.md", runbookIndex(alertCatalogue(defaultObjectives))],
	]);
}

function yaml(value: object): string {
	return `# ${made}\n${stringify(value, { lineWidth: 0, aliasDuplicateObjects: false })}`;
}
