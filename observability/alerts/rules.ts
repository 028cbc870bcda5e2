import type { Objectives } from "#domain/objectives.ts";
import { type Alert, dashboardLink, type Level, ruleName, runbookOf } from "./alert.ts";
import { alertCatalogue } from "./alert-catalogue.ts";
import { promqlDuration } from "./durations.ts";
import { recordings } from "./objective-alerts.ts";
import { valueTemplates } from "./value.ts";

/** Alerting and recording rules, as Prometheus reads them from its rule_files. */
export function prometheusRules(objectives: Objectives): object {
	return {
		groups: [
			{ name: "watchrabbit-objectives", interval: "30s", rules: recordings(objectives) },
			{
				name: "watchrabbit-alerts",
				rules: alertCatalogue(objectives).flatMap((alert) => alert.levels.map((level) => rule(alert, level))),
			},
		],
	};
}

function rule(alert: Alert, level: Level): object {
	const template = (name: string) => `{{ $labels.${name} }}`;
	return {
		alert: ruleName(alert),
		expr: level.expression.promql,
		...(level.forSeconds > 0 && { for: promqlDuration(level.forSeconds) }),
		labels: labelsOf(level),
		annotations: annotationsOf(alert, level, template, valueTemplates[alert.value]),
	};
}

/** `product`: by which a shared Alertmanager knows them. */
export function labelsOf({ severity, labels }: Pick<Level, "severity" | "labels">): Readonly<Record<string, string>> {
	return { severity, product: "watchrabbit", ...labels };
}

/** `told`: of the labels that the expression gives; those of the level are known. */
export function annotationsOf(
	alert: Alert,
	{ labels }: Pick<Level, "labels">,
	told: (name: string) => string,
	value: string,
) {
	const label = (name: string) => labels?.[name] ?? told(name);
	return {
		summary: alert.summary({ label, value }),
		description: alert.meaning,
		runbook: runbookOf(alert),
		dashboard: dashboardLink(alert, label),
	};
}
