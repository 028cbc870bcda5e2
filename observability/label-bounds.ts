/** Stands for all values of a label beyond its bound. */
const otherValues = "other";

/** How many values of a label get series of their own; of the labels that are not named here all have few values. */
export const mostValues: Readonly<Record<string, number>> = {
	source: 200,
	pipeline: 200,
	pool: 50,
	code: 60,
	queue: 60,
	partition: 64,
	place: 220,
	route: 100,
	neighbour: 60,
};

/** Of labels that come together, whose combinations count. */
const mostSeries = 2_000;

/**
 * Keeps the number of series bounded, whatever names a configuration or an error brings: the first ones get series of
 * their own, all others share one.
 */
export class LabelBounds {
	readonly #values = new Map<string, Set<string>>();
	readonly #series = new Set<string>();
	readonly #isBound: boolean;

	/** Labels of one metric. */
	constructor(labelNames: readonly string[]) {
		this.#isBound = labelNames.some((name) => name in mostValues);
	}

	/** Labels of a metric as they are counted. */
	bound(labels: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
		if (!this.#isBound) return labels;
		const bounded = mapped(labels, (name, value) => this.#within(name, value));
		const series = Object.values(bounded).join("\n");
		if (this.#series.has(series)) return bounded;
		if (this.#series.size >= mostSeries)
			return mapped(bounded, (name, value) => (name in mostValues ? otherValues : value));
		this.#series.add(series);
		return bounded;
	}

	#within(name: string, value: string): string {
		const most = mostValues[name];
		if (most === undefined) return value;
		const values = this.#values.get(name) ?? new Set();
		this.#values.set(name, values);
		if (values.has(value)) return value;
		if (values.size >= most) return otherValues;
		values.add(value);
		return value;
	}
}

function mapped(labels: Readonly<Record<string, string>>, change: (name: string, value: string) => string) {
	const changed: Record<string, string> = {};
	for (const name in labels) changed[name] = change(name, labels[name] as string);
	return changed;
}
