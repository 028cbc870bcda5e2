import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { formatDuration, formatSize, guessDuration, guessSize, parseDuration, parseSize } from "#config/quantity.ts";

describe("durations and sizes", () => {
	test("are read in every unit", () => {
		expect(["250ms", "2s", "10m", "3h", "2d"].map(parseDuration)).toEqual([
			250, 2_000, 600_000, 10_800_000, 172_800_000,
		]);
		expect(["7B", "1kB", "1KB", "64MB", "2GB", "1TB"].map(parseSize)).toEqual([7, 1e3, 1e3, 64e6, 2e9, 1e12]);
		expect(["1KiB", "1MiB", "1GiB", "1TiB"].map(parseSize)).toEqual([1024, 1024 ** 2, 1024 ** 3, 1024 ** 4]);
	});

	test("come back the same from what they are written as", () => {
		const whole = fc.nat({ max: Number.MAX_SAFE_INTEGER });
		fc.assert(fc.property(whole, (ms) => parseDuration(formatDuration(ms)) === ms));
		fc.assert(fc.property(whole, (bytes) => parseSize(formatSize(bytes)) === bytes));
	});

	test("are refused without a unit, with a sign, a fraction, or more than a number can hold", () => {
		for (const text of ["2", "-2s", "1.5h", "2 s", "", "s", "99999999999999999d"])
			expect(parseDuration(text)).toBeUndefined();
		for (const text of ["2", "-2B", "1.5GB", "2 GB", "", "GB", "99999999999TB"])
			expect(parseSize(text)).toBeUndefined();
	});

	test("are guessed from how people write them elsewhere", () => {
		expect(["2 sec", "10 minutes", "1.5h", "2 days", "0,5 s", 600, "soon"].map(guessDuration)).toEqual([
			"2s",
			"10m",
			"90m",
			"2d",
			"500ms",
			undefined,
			undefined,
		]);
		expect(["2G", "2 gb", "1.5 GB", "500m", 1000].map(guessSize)).toEqual(["2GB", "2GB", "1500MB", "500MB", undefined]);
	});

	test("every guess is itself valid", () => {
		const written = fc.tuple(
			fc.float({ min: 0, max: 1000, noNaN: true }),
			fc.constantFrom("s", "min", "hours", "GB", "m", "k"),
		);
		fc.assert(
			fc.property(written, ([number, unit]) => {
				const text = `${number.toFixed(1)} ${unit}`;
				const duration = guessDuration(text);
				const size = guessSize(text);
				return (
					(duration === undefined || parseDuration(duration) !== undefined) &&
					(size === undefined || parseSize(size) !== undefined)
				);
			}),
		);
	});
});
