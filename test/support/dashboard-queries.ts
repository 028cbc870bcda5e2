import type { Dashboard, Panel } from "@grafana/grafana-foundation-sdk/dashboard";

interface Target {
	readonly refId: string;
	readonly expr: string;
	readonly instant?: boolean;
}

/** Something of a dashboard that asks Prometheus, and what it asks. */
export interface DashboardQuery {
	readonly where: string;
	readonly expression: string;
	readonly instant: boolean;
}

/** Those in collapsed rows as well, without the rows. */
export function panelsOf(dashboard: Dashboard): Panel[] {
	return (dashboard.panels ?? []).flatMap((panel) =>
		"panels" in panel ? panel.panels : panel.type === "row" ? [] : [panel as Panel],
	);
}

/** What panels and annotations ask. */
export function queriesOf(dashboard: Dashboard): DashboardQuery[] {
	const ofPanels = panelsOf(dashboard).flatMap((panel) =>
		((panel.targets ?? []) as unknown as readonly Target[]).map(({ refId, expr, instant = false }) => ({
			where: `${dashboard.title}: ${panel.title} ${refId}`,
			expression: expr,
			instant,
		})),
	);
	const ofAnnotations = (dashboard.annotations?.list ?? []).map(({ name, expr }) => ({
		where: `${dashboard.title}: annotation ${name}`,
		expression: expr ?? "",
		instant: false,
	}));
	return [...ofPanels, ...ofAnnotations];
}

/** `label_values(metric, label)` of a variable. */
export interface LabelValues {
	readonly variable: string;
	readonly selector: string;
	readonly label: string;
}

export function variableQueriesOf(dashboard: Dashboard): LabelValues[] {
	return (dashboard.templating?.list ?? [])
		.filter(({ type }) => type === "query")
		.map(({ name, definition = "" }) => {
			const [, selector, label] = /^label_values\((.*), (\w+)\)$/.exec(definition) ?? [];
			if (selector === undefined || label === undefined) throw new Error(`not a query of a variable: ${definition}`);
			return { variable: name, selector, label };
		});
}
