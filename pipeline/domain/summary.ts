/** What is said of many values. Of those that are not finite only how many there are. */
export interface Summary {
	/** Finite ones. */
	readonly count: number;
	/** NA, NaN, Inf and -Inf. */
	readonly notFinite: number;
	/** Null where there is no value to take it of. */
	readonly mean: number | null;
	/** Of a sample (n - 1); null below two values. */
	readonly sd: number | null;
	readonly min: number | null;
	readonly max: number | null;
	/** By probability, as it was asked for. */
	readonly quantiles: Readonly<Record<string, number | null>>;
}

/**
 * Takes one value after the other. Mean and variance by B. P. Welford, Note on a Method for Calculating Corrected Sums of
 * Squares and Products, Technometrics 4 (1962): a large offset costs no digits. The values are kept only where quantiles are
 * asked for, eight bytes each.
 */
export class Summarising {
	readonly #probabilities: readonly number[];
	#values = new Float64Array(0);
	#count = 0;
	#notFinite = 0;
	#mean = 0;
	#squares = 0;
	#min = Number.POSITIVE_INFINITY;
	#max = Number.NEGATIVE_INFINITY;

	constructor(probabilities: readonly number[] = []) {
		this.#probabilities = probabilities;
	}

	add(value: unknown): void {
		if (typeof value !== "number" || !Number.isFinite(value)) {
			this.#notFinite += 1;
			return;
		}
		if (this.#probabilities.length > 0) this.#keep(value);
		this.#count += 1;
		const difference = value - this.#mean;
		this.#mean += difference / this.#count;
		this.#squares += difference * (value - this.#mean);
		this.#min = Math.min(this.#min, value);
		this.#max = Math.max(this.#max, value);
	}

	summary(): Summary {
		const sorted = this.#values.slice(0, this.#probabilities.length > 0 ? this.#count : 0).sort();
		const isThere = this.#count > 0;
		return {
			count: this.#count,
			notFinite: this.#notFinite,
			mean: isThere ? this.#mean : null,
			sd: this.#count > 1 ? Math.sqrt(this.#squares / (this.#count - 1)) : null,
			min: isThere ? this.#min : null,
			max: isThere ? this.#max : null,
			quantiles: Object.fromEntries(this.#probabilities.map((p) => [String(p), isThere ? quantile(sorted, p) : null])),
		};
	}

	#keep(value: number): void {
		if (this.#count === this.#values.length) {
			const larger = new Float64Array(Math.max(64, 2 * this.#values.length));
			larger.set(this.#values);
			this.#values = larger;
		}
		this.#values[this.#count] = value;
	}
}

/**
 * Type 7 of R. J. Hyndman and Y. Fan, Sample Quantiles in Statistical Packages, The American Statistician 50 (1996): what R
 * and percentile_cont give unless told otherwise.
 */
function quantile(sorted: Float64Array, p: number): number {
	const position = (sorted.length - 1) * p;
	const below = sorted[Math.floor(position)] as number;
	const above = sorted[Math.ceil(position)] as number;
	const part = position - Math.floor(position);
	return part === 0 ? below : below + (above - below) * part;
}

export type TimeBucket = "hour" | "day" | "month";

/** Where the hour, day or month of UTC began, in milliseconds since the epoch. */
export function bucketStart(at: number, bucket: TimeBucket): number {
	const date = new Date(at);
	if (bucket === "month") return Date.UTC(date.getUTCFullYear(), date.getUTCMonth());
	return bucket === "day" ? date.setUTCHours(0, 0, 0, 0) : date.setUTCMinutes(0, 0, 0);
}
