import type { Expression } from "./expression.ts";

export type Severity = "critical" | "warning" | "info";

/** What only Prometheus can know: whether it scrapes, and what needs days of numbers. */
export interface OutsideExpression {
	readonly promql: string;
	readonly evaluate?: undefined;
}

export interface Level {
	readonly severity: Severity;
	readonly expression: Expression | OutsideExpression;
	/** How long it has to hold. */
	readonly forSeconds: number;
	/** Tells levels of one severity apart. */
	readonly labels?: Readonly<Record<string, string>>;
}

/** How the value is shown. */
export type ValueKind = "share" | "seconds" | "count";

interface Told {
	/** A label's value. */
	readonly label: (name: string) => string;
	readonly value: string;
}

/** Something that a person has to know, declared once: for Prometheus, for the process itself, and for who reads it. */
export interface Alert {
	/** In Prometheus with WatchRabbit before it; the page of what to do has the same name in kebab-case. */
	readonly name: string;
	/** What it means; one sentence. */
	readonly meaning: string;
	readonly value: ValueKind;
	readonly summary: (told: Told) => string;
	/** Uid of the dashboard that shows it, and the label that one of its variables is called like. */
	readonly dashboard: string;
	readonly variable?: string;
	readonly levels: readonly Level[];
	/** The role without which a process has a part of the numbers only: it does not judge by them. Prometheus has them all. */
	readonly needs?: "work";
	/** Alerts that follow from this one, and are not sent while it fires for the same labels. */
	readonly follow?: readonly { readonly alerts: readonly string[]; readonly equal: readonly string[] }[];
}

const prefix = "WatchRabbit";

export function ruleName({ name }: Pick<Alert, "name">): string {
	return `${prefix}${name}`;
}

/** What to do, as a page in the project and in its package. */
export function runbookOf({ name }: Pick<Alert, "name">): string {
	return `observability/runbooks/${name.replaceAll(/(?<!^)([A-Z])/g, "-$1").toLowerCase()}.md`;
}

/** Below the address of Grafana. `label`: as in `summary`. */
export function dashboardLink(
	{ dashboard, variable }: Pick<Alert, "dashboard" | "variable">,
	label: Told["label"],
): string {
	return `/d/${dashboard}${variable === undefined ? "" : `?var-${variable}=${label(variable)}`}`;
}
