import { keyOf, type Labels, type Numbers, type Sample } from "./expression.ts";

interface Series {
	readonly labels: Labels;
	/** The oldest first. */
	readonly points: { readonly at: number; readonly value: number }[];
}

/** As in Prometheus: what is older is no answer to how something was. */
const lookBackSeconds = 300;

/** The last numbers of some metrics, in memory. Ages go by `at`, which never steps back; `now` is the wall clock. */
export class History implements Numbers {
	readonly #keep: ReadonlyMap<string, number>;
	readonly #metrics = new Map<string, Map<string, Series>>();
	#at = 0;
	now = 0;

	/** Of each metric, how many seconds are looked back. */
	constructor(reads: readonly { readonly metric: string; readonly seconds: number }[]) {
		const keep = new Map<string, number>();
		for (const { metric, seconds } of reads) keep.set(metric, Math.max(seconds, keep.get(metric) ?? 0));
		this.#keep = keep;
	}

	get metrics(): Iterable<string> {
		return this.#keep.keys();
	}

	/** All metrics as they are at a moment, which is later than the one before. Seconds. */
	add(now: number, at: number, samples: ReadonlyMap<string, readonly Sample[]>): void {
		this.now = now;
		this.#at = at;
		for (const [metric, seconds] of this.#keep) {
			const known = this.#metrics.get(metric) ?? new Map<string, Series>();
			this.#metrics.set(metric, known);
			for (const { labels, value } of samples.get(metric) ?? []) {
				const key = keyOf(labels);
				const series = known.get(key) ?? { labels, points: [] };
				known.set(key, series);
				series.points.push({ at, value });
			}
			const oldest = at - seconds - lookBackSeconds;
			for (const [key, { points }] of known) {
				const kept = points.findIndex((point) => point.at >= oldest);
				if (kept < 0) known.delete(key);
				else points.splice(0, kept);
			}
		}
	}

	at(metric: string, secondsAgo: number): readonly Sample[] {
		const then = this.#at - secondsAgo;
		const oldest = secondsAgo === 0 ? then : then - lookBackSeconds;
		return [...(this.#metrics.get(metric)?.values() ?? [])].flatMap(({ labels, points }) => {
			const point = points.findLast(({ at }) => at <= then);
			return point === undefined || point.at < oldest ? [] : [{ labels, value: point.value }];
		});
	}

	within(metric: string, seconds: number) {
		const from = this.#at - seconds;
		return [...(this.#metrics.get(metric)?.values() ?? [])].flatMap(({ labels, points }) => {
			// From the oldest on: little more is kept than is looked back at.
			const first = points.findIndex(({ at }) => at >= from);
			return first < 0 ? [] : [{ labels, values: points.slice(first).map(({ value }) => value) }];
		});
	}
}
