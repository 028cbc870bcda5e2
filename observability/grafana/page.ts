import {
	AnnotationQueryBuilder,
	type Dashboard,
	DashboardBuilder,
	DashboardCursorSync,
	DashboardLinkBuilder,
	DashboardLinkType,
	type Panel,
	RowBuilder,
	type RowPanel,
} from "@grafana/grafana-foundation-sdk/dashboard";
import { metricCatalogue as metrics } from "../metric-catalogue.ts";
import { series, told } from "./expressions.ts";
import { alertsSeries } from "./foreign-metrics.ts";
import { traces } from "./links.ts";
import { datasource, over, type Tile } from "./tile.ts";
import { variables } from "./variables.ts";

/** One dashboard. */
export interface Page {
	/** Never changes: people have bookmarks. */
	readonly uid: string;
	readonly title: string;
	readonly description: string;
	readonly sections: readonly Section[];
}

export interface Section {
	readonly title: string;
	readonly tiles: readonly Tile[];
	/** Opened by who has what it is about. */
	readonly collapsed?: true;
}

const tag = "watchrabbit";
const columns = 24;

export function dashboardOf({ uid, title, description, sections }: Page): Dashboard {
	const builder = new DashboardBuilder(`WatchRabbit / ${title}`)
		.uid(uid)
		.description(description)
		.tags([tag])
		.timezone("browser")
		.time({ from: "now-3h", to: "now" })
		.refresh("30s")
		.tooltip(DashboardCursorSync.Crosshair)
		.annotation(deployments())
		.annotation(firingAlerts())
		.link(otherPages())
		.link(traces("Trace", "$trace")());
	const dashboard = builder.build();
	dashboard.panels = panelsOf(sections);
	dashboard.templating = { list: variablesIn(dashboard).map((name) => variables[name]().build()) };
	return dashboard;
}

/** From left to right, and below one another; ids by order, so that the same declaration gives the same file. */
function panelsOf(sections: readonly Section[]): (Panel | RowPanel)[] {
	const panels: (Panel | RowPanel)[] = [];
	let id = 1;
	let y = 0;
	for (const { title, tiles, collapsed = false } of sections) {
		const row = new RowBuilder(title).id(id++).gridPos({ x: 0, y, w: columns, h: 1 }).collapsed(collapsed).build();
		y += 1;
		let x = 0;
		let highest = 0;
		const placed: Panel[] = [];
		for (const tile of tiles) {
			if (x + tile.width > columns) {
				x = 0;
				y += highest;
				highest = 0;
			}
			placed.push(tile.place(id++, x, y));
			x += tile.width;
			highest = Math.max(highest, tile.height);
		}
		y += highest;
		panels.push(...(collapsed ? [{ ...row, panels: placed }] : [row, ...placed]));
	}
	return panels;
}

type VariableName = keyof typeof variables;

/** Those that the dashboard uses, and those that these use. */
function variablesIn(dashboard: Dashboard): VariableName[] {
	const names = Object.keys(variables) as VariableName[];
	const used = new Set<VariableName>();
	const look = (within: unknown) => {
		const text = JSON.stringify(within);
		for (const name of names) {
			if (used.has(name) || !new RegExp(`\\$(${name}\\b|\\{${name}\\b)`).test(text)) continue;
			used.add(name);
			look(variables[name]().build());
		}
	};
	look(dashboard);
	return names.filter((name) => used.has(name));
}

/** Marks when another version, or the same on another Node, first ran. */
function deployments(): AnnotationQueryBuilder {
	const before = `${series(metrics.build)} offset 5m`;
	const expression = `${told(metrics.build, ["version", "node"])} unless on (version, node) ${before}`;
	return annotation("Deployments", "blue", expression)
		.titleFormat("Version {{version}}")
		.textFormat("on Node {{node}}");
}

function firingAlerts(): AnnotationQueryBuilder {
	const expression = `max by (alertname, severity) (${alertsSeries}{alertstate="firing", alertname=~"WatchRabbit.*"})`;
	return annotation("Alerts", "red", expression).titleFormat("{{alertname}}").textFormat("{{severity}}");
}

function annotation(name: string, colour: string, expression: string): AnnotationQueryBuilder {
	return new AnnotationQueryBuilder()
		.name(name)
		.datasource(datasource)
		.enable(true)
		.iconColor(colour)
		.expr(expression)
		.step("60s")
		.target(over(expression, "").refId("Anno"));
}

function otherPages(): DashboardLinkBuilder {
	return new DashboardLinkBuilder("WatchRabbit")
		.type(DashboardLinkType.Dashboards)
		.tags([tag])
		.asDropdown(false)
		.includeVars(true)
		.keepTime(true);
}
