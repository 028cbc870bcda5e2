import type { Builder } from "@grafana/grafana-foundation-sdk/cog";
import {
	type DashboardLinkBuilder,
	type Panel,
	ThresholdsConfigBuilder,
	ThresholdsMode,
} from "@grafana/grafana-foundation-sdk/dashboard";
import { DataqueryBuilder, PromQueryFormat } from "@grafana/grafana-foundation-sdk/prometheus";

/** What every panel says of itself. */
export interface Card {
	readonly title: string;
	/** What the number is, when it is bad, and what to do then. */
	readonly description: string;
	/** Grafana's id of a unit. */
	readonly unit: string;
	/** Of the 24 columns. */
	readonly width: number;
	readonly height?: number;
	/** Where to look further; the first one by a click on the value. */
	readonly links?: readonly Link[];
	/** From which value on it is worrying, and bad. */
	readonly steps?: Steps;
}

export type Link = () => DashboardLinkBuilder;

export interface Steps {
	readonly worrying?: number;
	readonly bad?: number;
	/** Where less is worse: what is below `bad` is bad. */
	readonly falling?: true;
}

/** A panel that knows its size and not yet its place. */
export interface Tile {
	readonly width: number;
	readonly height: number;
	place(id: number, x: number, y: number): Panel;
}

/** What the builders of all kinds of panels have. */
interface Dressed extends Builder<Panel> {
	title(title: string): unknown;
	description(description: string): unknown;
	unit(unit: string): unknown;
	datasource(datasource: { type: string; uid: string }): unknown;
	thresholds(thresholds: ThresholdsConfigBuilder): unknown;
	dataLinks(links: DashboardLinkBuilder[]): unknown;
	links(links: DashboardLinkBuilder[]): unknown;
	id(id: number): unknown;
	gridPos(place: { x: number; y: number; w: number; h: number }): unknown;
}

/** In a link that leads from one value further, and not from the panel. */
const ofOneValue = /\$\{__(field|data|value)/;

export const datasource = { type: "prometheus", uid: "$datasource" };

export function tile(card: Card, defaultHeight: number, panel: Dressed): Tile {
	const { title, description, unit, width, height = defaultHeight, links = [], steps } = card;
	panel.title(title);
	panel.description(description);
	panel.unit(unit);
	panel.datasource(datasource);
	panel.thresholds(new ThresholdsConfigBuilder().mode(ThresholdsMode.Absolute).steps(thresholdSteps(steps)));
	if (links.length > 0) {
		panel.dataLinks(links.map((link) => link()));
		panel.links(links.map((link) => link()).filter((link) => !ofOneValue.test(link.build().url ?? "")));
	}
	const place = (id: number, x: number, y: number) => {
		panel.id(id);
		panel.gridPos({ x, y, w: width, h: height });
		return panel.build();
	};
	return { width, height, place };
}

export function thresholdSteps({ worrying, bad, falling }: Steps = {}) {
	const step = (value: number | undefined, color: string) => (value === undefined ? [] : [{ value, color }]);
	if (falling)
		return [
			{ value: null, color: "red" },
			...step(bad, worrying === undefined ? "green" : "orange"),
			...step(worrying, "green"),
		];
	return [{ value: null, color: "green" }, ...step(worrying, "orange"), ...step(bad, "red")];
}

/** Of now: what was true when a process was last scraped is not shown as if it still were. */
export function instant(expression: string, legend = ""): DataqueryBuilder {
	return query(expression, legend).instant();
}

/** Over the time that is shown. */
export function over(expression: string, legend: string, exemplars = false): DataqueryBuilder {
	return query(expression, legend).range().exemplar(exemplars);
}

function query(expression: string, legend: string): DataqueryBuilder {
	return new DataqueryBuilder()
		.expr(expression)
		.legendFormat(legend)
		.datasource(datasource)
		.format(PromQueryFormat.TimeSeries);
}

/** Grafana's own order: A, B, ... */
export function refId(index: number): string {
	return String.fromCharCode("A".charCodeAt(0) + index);
}
