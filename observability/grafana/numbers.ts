import { PanelBuilder as BarGaugeBuilder } from "@grafana/grafana-foundation-sdk/bargauge";
import {
	BarGaugeDisplayMode,
	BigValueColorMode,
	BigValueGraphMode,
	ReduceDataOptionsBuilder,
	VizOrientation,
} from "@grafana/grafana-foundation-sdk/common";
import { FieldColorBuilder, FieldColorModeId } from "@grafana/grafana-foundation-sdk/dashboard";
import { PanelBuilder as StatBuilder } from "@grafana/grafana-foundation-sdk/stat";
import { type Card, instant, refId, type Tile, tile } from "./tile.ts";

export interface NumberCard extends Card {
	readonly expression: string;
	readonly legend?: string;
	/** What stands there when there is nothing to tell. */
	readonly nothing?: string;
	readonly decimals?: number;
}

/** One big number, of now; its colour says whether it is good, unless there is no such thing. */
export function bigNumber(card: NumberCard): Tile {
	const { expression, legend, nothing = "not told", decimals, steps } = card;
	const colour = new FieldColorBuilder();
	const panel = new StatBuilder()
		.withTarget(instant(expression, legend).refId(refId(0)))
		.noValue(nothing)
		.graphMode(BigValueGraphMode.None)
		.colorMode(steps === undefined ? BigValueColorMode.Value : BigValueColorMode.Background)
		.colorScheme(
			steps === undefined
				? colour.mode(FieldColorModeId.Fixed).fixedColor("text")
				: colour.mode(FieldColorModeId.Thresholds),
		)
		.reduceOptions(new ReduceDataOptionsBuilder().calcs(["last"]).values(false));
	if (decimals !== undefined) panel.decimals(decimals);
	return tile(card, 4, panel);
}

/** A bar for each series, of now. */
export function bars(card: NumberCard): Tile {
	const { expression, legend, nothing = "nothing to tell" } = card;
	const panel = new BarGaugeBuilder()
		.withTarget(instant(expression, legend).refId(refId(0)))
		.noValue(nothing)
		.orientation(VizOrientation.Horizontal)
		.displayMode(BarGaugeDisplayMode.Basic)
		.min(0)
		.reduceOptions(new ReduceDataOptionsBuilder().calcs(["last"]).values(false));
	return tile(card, 9, panel);
}
