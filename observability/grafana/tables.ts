import type { DynamicConfigValue } from "@grafana/grafana-foundation-sdk/dashboard";
import { PromQueryFormat } from "@grafana/grafana-foundation-sdk/prometheus";
import { PanelBuilder as TableBuilder } from "@grafana/grafana-foundation-sdk/table";
import { type Card, instant, type Link, refId, type Steps, type Tile, thresholdSteps, tile } from "./tile.ts";

export interface Column {
	readonly name: string;
	/** Gives a row for each of its series; those of the same labels come together in one. */
	readonly expression: string;
	readonly unit: string;
	readonly steps?: Steps;
	/** What a value is called. */
	readonly words?: Readonly<Record<string, string>>;
}

export interface TableCard extends Card {
	/** Labels that name a row, and what a person calls them. */
	readonly rows: Readonly<Record<string, string>>;
	readonly columns: readonly Column[];
	/** From a row further, by labels of the row. */
	readonly rowLinks?: readonly Link[];
}

/** Rows of now. */
export function table(card: TableCard): Tile {
	const { rows, columns, rowLinks = [] } = card;
	const valueField = (index: number) => (columns.length === 1 ? "Value" : `Value #${refId(index)}`);
	const named = [
		...Object.entries(rows),
		...columns.map(({ name }, index): [string, string] => [valueField(index), name]),
	];
	const panel = new TableBuilder()
		.targets(
			columns.map(({ expression }, index) => instant(expression).format(PromQueryFormat.Table).refId(refId(index))),
		)
		.noValue("-")
		.transformations([
			{ id: "merge", options: {} },
			{
				id: "organize",
				options: {
					excludeByName: { Time: true },
					indexByName: Object.fromEntries(named.map(([field], index) => [field, index])),
					renameByName: Object.fromEntries(named),
				},
			},
		]);
	for (const column of columns) panel.overrideByName(column.name, propertiesOf(column));
	const links = rowLinks.map((link) => link().build());
	for (const title of Object.values(rows)) {
		if (links.length > 0) panel.overrideByName(title, [{ id: "links", value: links }]);
	}
	return tile(card, 8, panel);
}

function propertiesOf({ unit, steps, words }: Column): DynamicConfigValue[] {
	const properties: DynamicConfigValue[] = [{ id: "unit", value: unit }];
	if (words !== undefined) {
		const options = Object.fromEntries(Object.entries(words).map(([value, text]) => [value, { text }]));
		properties.push({ id: "mappings", value: [{ type: "value", options }] });
	}
	if (steps !== undefined) {
		properties.push(
			{ id: "thresholds", value: { mode: "absolute", steps: thresholdSteps(steps) } },
			{ id: "color", value: { mode: "thresholds" } },
			{ id: "custom.cellOptions", value: { type: "color-background", mode: "basic" } },
		);
	}
	return properties;
}
