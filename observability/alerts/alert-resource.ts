import { isoTime } from "#domain/resources.ts";
import type { ActiveAlert } from "./active-alerts.ts";
import type { Severity } from "./alert.ts";
import type { Labels } from "./expression.ts";

/** An alert as the API and the command line show it. */
export interface AlertResource {
	readonly name: string;
	readonly severity: Severity;
	readonly state: ActiveAlert["state"];
	readonly summary: string;
	readonly meaning: string;
	readonly labels: Labels;
	readonly value: number;
	/** What to do. */
	readonly runbook: string;
	readonly since: string;
}

export function alertResource({
	name,
	severity,
	state,
	labels,
	annotations,
	value,
	since,
}: ActiveAlert): AlertResource {
	const { summary, description: meaning, runbook } = annotations;
	return { name, severity, state, summary, meaning, labels, value, runbook, since: isoTime(since) };
}
