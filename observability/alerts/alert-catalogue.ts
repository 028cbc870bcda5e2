import type { Objectives } from "#domain/objectives.ts";
import type { Alert } from "./alert.ts";
import { analysisAlerts } from "./analysis-alerts.ts";
import { dataAlerts } from "./data-alerts.ts";
import { objectiveAlerts } from "./objective-alerts.ts";
import { serviceAlerts } from "./service-alerts.ts";

/** Every alert there is. A new one is an entry in one of these, a page in observability/runbooks, and its cases in the test. */
export function alertCatalogue(objectives: Objectives): readonly Alert[] {
	return [
		...dataAlerts(objectives.result.withinMs / 1000),
		...analysisAlerts,
		...serviceAlerts,
		...objectiveAlerts(objectives),
	];
}
