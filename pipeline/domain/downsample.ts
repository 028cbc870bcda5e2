/** A value at a time; times do not go back. */
export interface Point {
	/** Milliseconds since the epoch. */
	readonly at: number;
	readonly value: number;
}

/**
 * Largest-Triangle-Three-Buckets: S. Steinarsson, Downsampling Time Series for Visual Representation, University of Iceland
 * 2013. Keeps the first and the last point; those between are in buckets of as many points each, and of each bucket that one
 * is kept which spans the largest triangle with the one kept before it and the mean of the bucket behind it. What is seen of
 * the line stays; a single extreme value may go (`extremes` keeps it).
 *
 * @returns `points` themselves where there are no more than `threshold`, else so many of them, in order
 */
export function lttb(points: readonly Point[], threshold: number): readonly Point[] {
	if (threshold < 3) throw new RangeError("a line needs three points or more");
	if (points.length <= threshold) return points;
	const size = (points.length - 2) / (threshold - 2);
	const startOf = (bucket: number) => Math.min(Math.floor(bucket * size) + 1, points.length - 1);
	const kept = [points[0] as Point];
	for (let bucket = 0; bucket < threshold - 2; bucket++) {
		const before = kept.at(-1) as Point;
		const behind = meanOf(
			points,
			startOf(bucket + 1),
			bucket + 2 > threshold - 2 ? points.length : startOf(bucket + 2),
		);
		kept.push(largest(points, startOf(bucket), startOf(bucket + 1), before, behind));
	}
	kept.push(points.at(-1) as Point);
	return kept;
}

function meanOf(points: readonly Point[], from: number, to: number): Point {
	const count = to - from;
	let [at, value] = [0, 0];
	for (let i = from; i < to; i++) {
		at += (points[i] as Point).at / count;
		value += (points[i] as Point).value / count;
	}
	return { at, value };
}

function largest(points: readonly Point[], from: number, to: number, before: Point, behind: Point): Point {
	let [best, most] = [points[from] as Point, -1];
	for (let i = from; i < to; i++) {
		const point = points[i] as Point;
		const area = Math.abs(
			(before.at - behind.at) * (point.value - before.value) - (before.at - point.at) * (behind.value - before.value),
		);
		if (area > most) [best, most] = [point, area];
	}
	return best;
}

/**
 * The smallest and the largest point of each bucket, in their order; buckets have as many points each. No extreme value is
 * lost, and no more points are kept than `threshold`.
 */
export function extremes(points: readonly Point[], threshold: number): readonly Point[] {
	if (threshold < 2) throw new RangeError("a bucket has two extremes");
	if (points.length <= threshold) return points;
	const buckets = Math.floor(threshold / 2);
	const size = points.length / buckets;
	return Array.from({ length: buckets }, (_, bucket) =>
		bothEnds(points, Math.floor(bucket * size), Math.floor((bucket + 1) * size)),
	).flat();
}

function bothEnds(points: readonly Point[], from: number, to: number): readonly Point[] {
	let [low, high] = [from, from];
	for (let i = from; i < to; i++) {
		if ((points[i] as Point).value < (points[low] as Point).value) low = i;
		if ((points[i] as Point).value > (points[high] as Point).value) high = i;
	}
	const kept = low === high ? [low] : [Math.min(low, high), Math.max(low, high)];
	return kept.map((i) => points[i] as Point);
}
