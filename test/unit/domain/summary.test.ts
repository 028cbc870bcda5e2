import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { bucketStart, Summarising, type Summary } from "#domain/summary.ts";

function summaryOf(values: readonly unknown[], probabilities?: readonly number[]): Summary {
	const summarising = new Summarising(probabilities);
	for (const value of values) summarising.add(value);
	return summarising.summary();
}

/** In whole numbers, which lose nothing: mean and variance of integers. */
function exactly(values: readonly number[]) {
	const n = BigInt(values.length);
	const sum = values.reduce((so, value) => so + BigInt(value), 0n);
	const squares = values.reduce((so, value) => so + BigInt(value) * BigInt(value), 0n);
	const scale = 10n ** 12n;
	const variance = Number(((squares * n - sum * sum) * scale) / (n * (n - 1n))) / 1e12;
	return { mean: Number((sum * scale) / n) / 1e12, sd: Math.sqrt(variance) };
}

describe("a summary of values", () => {
	// quantile(c(2, 8, 3, 7, 1, 20), c(0, .1, .25, .5, .9, 1)), mean and sd of it, by R 4.2.
	it("is what R says of them", () => {
		const { quantiles, mean, sd } = summaryOf([2, 8, 3, 7, 1, 20], [0, 0.1, 0.25, 0.5, 0.9, 1]);
		expect(quantiles).toEqual({ 0: 1, 0.1: 1.5, 0.25: 2.25, 0.5: 5, 0.9: 14, 1: 20 });
		expect(mean).toBeCloseTo(6.833333333333333, 14);
		expect(sd).toBeCloseTo(7.026141662866375, 12);
	});

	it("keeps its digits far from zero", () => {
		const around = (offset: number) => [4, 7, 13, 16].map((value) => value + offset);
		for (const offset of [0, 1e9, -1e12, 2 ** 49]) {
			expect(summaryOf(around(offset)).sd).toBeCloseTo(Math.sqrt(30), 9);
		}
	});

	it("is that of whole numbers worked out without rounding", () => {
		fc.assert(
			fc.property(
				fc.array(fc.integer({ min: -1_000_000, max: 1_000_000 }), { minLength: 2, maxLength: 200 }),
				fc.integer({ min: -1_000_000_000_000, max: 1_000_000_000_000 }),
				(spread, offset) => {
					const values = spread.map((value) => value + offset);
					const summary = summaryOf(values);
					const exact = exactly(values);
					expect(summary.count).toBe(values.length);
					expect([summary.min, summary.max]).toEqual([Math.min(...values), Math.max(...values)]);
					expect(Math.abs((summary.mean ?? 0) - exact.mean)).toBeLessThan(1e-3);
					expect(Math.abs((summary.sd ?? 0) - exact.sd)).toBeLessThan(1e-3 + exact.sd * 1e-9);
				},
			),
		);
	});

	it("has quantiles that lie among the values, in their order", () => {
		const double = fc.double({ noNaN: true, noDefaultInfinity: true });
		fc.assert(
			fc.property(fc.array(double, { minLength: 1 }), (values) => {
				const { quantiles, min, max } = summaryOf(values, [0, 0.25, 0.5, 0.75, 1]);
				const found = [0, 0.25, 0.5, 0.75, 1].map((p) => quantiles[p] as number);
				expect([found[0], found[4]]).toEqual([min, max]);
				if (values.every((value) => Math.abs(value) < 1e300)) expect(found).toEqual(found.toSorted((a, b) => a - b));
			}),
		);
	});

	it("says how many are no numbers, and takes nothing of none", () => {
		expect(summaryOf([null, "NaN", "Inf", 3], [0.5])).toEqual({
			count: 1,
			notFinite: 3,
			mean: 3,
			sd: null,
			min: 3,
			max: 3,
			quantiles: { 0.5: 3 },
		});
		expect(summaryOf([], [0.5])).toMatchObject({ count: 0, mean: null, sd: null, min: null, quantiles: { 0.5: null } });
	});
});

describe("a bucket of time", () => {
	it("begins with the hour, the day and the month of UTC", () => {
		const at = Date.parse("2026-03-29T01:59:59.999Z");
		const begin = (["hour", "day", "month"] as const).map((bucket) => new Date(bucketStart(at, bucket)).toISOString());
		expect(begin).toEqual(["2026-03-29T01:00:00.000Z", "2026-03-29T00:00:00.000Z", "2026-03-01T00:00:00.000Z"]);
	});
});
