import { describe, expect, it } from "vitest";
import { lackOf, placeOf } from "#domain/grouping.ts";
import type { GroupSettings } from "#domain/settings.ts";

const pair = /(?<name>.+)\.(?<member>imzML|ibd)$/;

describe("the place of a member", () => {
	it("is told by the captures of its name", () => {
		expect(placeOf(pair, "S1.ibd")).toEqual({ key: "S1", member: "ibd", captures: { name: "S1" } });
	});

	it("is within its directory, so that equal names of two days are two groups", () => {
		expect(placeOf(pair, "mon/S1.ibd")?.key).toBe("mon/S1");
		expect(placeOf(pair, "tue/S1.ibd")?.key).toBe("tue/S1");
	});

	it("is told by the whole path where the expression speaks of directories", () => {
		expect(placeOf(/day(?<day>\d+)\/(?<plate>P\d)/, "day7/P3.csv")).toEqual({
			key: "7",
			member: "day7/P3.csv",
			captures: { day: "7" },
		});
	});

	it("is shared by all captures where one of them is named member, else by the first: the others tell parts apart", () => {
		expect(placeOf(/(?<screen>\w+)_P(?<plate>\d+)/, "S1_P07.csv")).toEqual({
			key: "S1",
			member: "S1_P07.csv",
			captures: { screen: "S1" },
		});
		expect(placeOf(/(?<screen>\w+)_P(?<plate>\d+)_(?<member>a|b)/, "S1_P07_b.csv")).toEqual({
			key: "S1/07",
			member: "b",
			captures: { screen: "S1", plate: "07" },
		});
	});

	it("is nowhere for a name that does not match", () => {
		expect(placeOf(pair, "notes.txt")).toBeUndefined();
	});
});

describe("what a group lacks", () => {
	const settings = (given: Partial<GroupSettings>): GroupSettings => ({
		by: "(?<x>.)",
		count: undefined,
		members: undefined,
		timeMs: 1,
		incomplete: "reject",
		...given,
	});

	it("is the members by name that are not there, or how many of the number", () => {
		expect(lackOf(settings({ members: ["a", "b", "c"] }), new Set(["b"]))).toBe("a, c");
		expect(lackOf(settings({ count: 3 }), new Set(["x"]))).toBe("2 of 3 members");
	});

	it("is nothing when it is whole", () => {
		expect(lackOf(settings({ members: ["a"] }), new Set(["a", "b"]))).toBeUndefined();
		expect(lackOf(settings({ count: 1 }), new Set(["x"]))).toBeUndefined();
	});
});
