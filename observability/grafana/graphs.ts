import {
	AxisPlacement,
	GraphThresholdsStyleConfigBuilder,
	GraphThresholdsStyleMode,
	LegendDisplayMode,
	LegendPlacement,
	SortOrder,
	StackingConfigBuilder,
	StackingMode,
	TooltipDisplayMode,
	VisibilityMode,
	VizLegendOptionsBuilder,
	VizTooltipOptionsBuilder,
} from "@grafana/grafana-foundation-sdk/common";
import { FieldColorBuilder, FieldColorModeId } from "@grafana/grafana-foundation-sdk/dashboard";
import { PanelBuilder as HeatmapBuilder, YAxisConfigBuilder } from "@grafana/grafana-foundation-sdk/heatmap";
import { PromQueryFormat } from "@grafana/grafana-foundation-sdk/prometheus";
import { PanelBuilder as TimelineBuilder } from "@grafana/grafana-foundation-sdk/statetimeline";
import { PanelBuilder as TimeSeriesBuilder } from "@grafana/grafana-foundation-sdk/timeseries";
import { type Card, over, refId, type Tile, tile } from "./tile.ts";

export interface Line {
	readonly expression: string;
	readonly legend: string;
	/** Points that lead to the trace of an example. */
	readonly exemplars?: true;
}

export interface GraphCard extends Card {
	readonly lines: readonly Line[];
	readonly stacked?: true;
	readonly most?: number;
}

/** Lines over time; steps are drawn as lines as well. */
export function graph(card: GraphCard): Tile {
	const { lines, stacked, most, steps } = card;
	const panel = new TimeSeriesBuilder()
		.targets(targets(lines))
		.noValue("nothing happened")
		.min(0)
		.lineWidth(1)
		.fillOpacity(stacked ? 40 : 8)
		.showPoints(VisibilityMode.Auto)
		.stacking(new StackingConfigBuilder().mode(stacked ? StackingMode.Normal : StackingMode.None))
		.legend(
			new VizLegendOptionsBuilder()
				.showLegend(true)
				.displayMode(LegendDisplayMode.List)
				.placement(LegendPlacement.Bottom)
				.calcs([]),
		)
		.tooltip(new VizTooltipOptionsBuilder().mode(TooltipDisplayMode.Multi).sort(SortOrder.Descending));
	if (most !== undefined) panel.max(most);
	if (steps !== undefined)
		panel.thresholdsStyle(new GraphThresholdsStyleConfigBuilder().mode(GraphThresholdsStyleMode.Dashed));
	return tile(card, 8, panel);
}

/** A band for each series, coloured by its steps. */
export function timeline(card: GraphCard): Tile {
	const panel = new TimelineBuilder()
		.targets(targets(card.lines))
		.noValue("nothing happened")
		.mergeValues(true)
		.showValue(VisibilityMode.Auto)
		.rowHeight(0.8)
		.fillOpacity(70)
		.colorScheme(new FieldColorBuilder().mode(FieldColorModeId.Thresholds))
		.legend(new VizLegendOptionsBuilder().showLegend(false).displayMode(LegendDisplayMode.Hidden).calcs([]));
	return tile(card, 9, panel);
}

/** How often how long: buckets of a histogram over time. */
export function heatmap(card: GraphCard): Tile {
	const panel = new HeatmapBuilder()
		.targets(targets(card.lines).map((target) => target.format(PromQueryFormat.Heatmap)))
		.noValue("nothing happened")
		.calculate(false)
		.yAxis(new YAxisConfigBuilder().unit(card.unit).axisPlacement(AxisPlacement.Left));
	return tile(card, 8, panel);
}

function targets(lines: readonly Line[]) {
	return lines.map(({ expression, legend, exemplars }, index) =>
		over(expression, legend, exemplars).refId(refId(index)),
	);
}
