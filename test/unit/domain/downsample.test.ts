import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { extremes, lttb, type Point } from "#domain/downsample.ts";

const line = fc
	.array(fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e9, max: 1e9 }), { maxLength: 300 })
	.map((values): Point[] => values.map((value, i) => ({ at: 1_000 + 7 * i, value })));

function isPartOf(kept: readonly Point[], points: readonly Point[]): boolean {
	let at = 0;
	for (const point of kept) {
		at = points.indexOf(point, at) + 1;
		if (at === 0) return false;
	}
	return true;
}

describe("a line with fewer points (LTTB)", () => {
	it("has as many as were asked for, the first and the last among them, in order", () => {
		fc.assert(
			fc.property(line, fc.integer({ min: 3, max: 80 }), (points, threshold) => {
				const kept = lttb(points, threshold);
				expect(kept.length).toBe(Math.min(points.length, threshold));
				expect(isPartOf(kept, points)).toBe(true);
				expect([kept[0], kept.at(-1)]).toEqual([points[0], points.at(-1)]);
			}),
		);
	});

	it("keeps the peak of each bucket, as it can be worked out by hand", () => {
		const values = [0, 0, 9, 0, 0, -9, 0, 0];
		const points = values.map((value, at) => ({ at, value }));
		expect(lttb(points, 4).map(({ at }) => at)).toEqual([0, 2, 5, 7]);
	});

	it("takes the larger triangle, with the point kept before and the mean of the bucket behind", () => {
		// From (0, 0), to the mean (3.5, 5): (1, 2) spans 0.57 above the line, (2, 2) spans 0.86 below it.
		const points = [0, 2, 2, 5, 5, 0].map((value, at) => ({ at, value }));
		expect(lttb(points, 4).map(({ at }) => at)).toEqual([0, 2, 4, 5]);
	});

	it("is refused with fewer than three points", () => {
		expect(() => lttb([], 2)).toThrow(RangeError);
	});
});

describe("a line by its extremes", () => {
	it("keeps the smallest and the largest of all, in order, and no more points than were asked for", () => {
		fc.assert(
			fc.property(line, fc.integer({ min: 2, max: 80 }), (points, threshold) => {
				const kept = extremes(points, threshold);
				expect(kept.length).toBeLessThanOrEqual(Math.max(threshold, Math.min(points.length, threshold)));
				expect(isPartOf(kept, points)).toBe(true);
				const values = points.map(({ value }) => value);
				const [low, high] = [Math.min(...values), Math.max(...values)];
				expect([Math.min(...kept.map(({ value }) => value)), Math.max(...kept.map(({ value }) => value))]).toEqual([
					low,
					high,
				]);
			}),
		);
	});

	it("keeps one point of a bucket in which all are the same", () => {
		const points = Array.from({ length: 10 }, (_, at) => ({ at, value: 1 }));
		expect(extremes(points, 4).map(({ at }) => at)).toEqual([0, 5]);
	});

	it("is refused with fewer than two points", () => {
		expect(() => extremes([], 1)).toThrow(RangeError);
	});
});
