import { describe, expect, it } from "vitest";
import { usualGapMs } from "#domain/rhythm.ts";

const hour = 3_600_000;
const day = 24 * hour;
const now = 100 * day;

/** Newest first, each over at once. */
const bursts = (...times: number[]) => times.map((at) => ({ began: at, ended: at }));
const every = (ms: number, count: number) => bursts(...Array.from({ length: count }, (_, i) => now - i * ms));

describe("the usual gap of a source", () => {
	it("is known from 20 pauses on", () => {
		expect(usualGapMs(every(hour, 20), now)).toBeUndefined();
		expect(usualGapMs(every(hour, 21), now)).toBe(hour);
	});

	it("is what 99 of 100 pauses do not exceed: one break in 200 is not usual, a weekly one in 20 is", () => {
		const withBreak = (count: number) => [...every(hour, count - 1), ...bursts(now - count * hour - 2 * day)];
		expect(usualGapMs(withBreak(201), now)).toBe(hour);
		expect(usualGapMs(withBreak(21), now)).toBeGreaterThan(2 * day);
	});

	it("is from the end of one burst to the beginning of the next", () => {
		const long = every(hour, 30).map(({ began }) => ({ began, ended: began + hour / 4 }));
		expect(usualGapMs(long, now)).toBe(0.75 * hour);
	});

	it("is that of the last fortnight", () => {
		const before = every(day, 30).map(({ began, ended }) => ({ began: began - 15 * day, ended: ended - 15 * day }));
		expect(usualGapMs([...every(hour, 25), ...before], now)).toBe(hour);
	});
});
