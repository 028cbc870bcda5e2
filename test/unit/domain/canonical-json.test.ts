import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { canonicalJson } from "#domain/canonical-json.ts";

describe("canonical JSON", () => {
	it("is the same text for the same value, whatever the order of its keys", () => {
		expect(canonicalJson({ b: [1, { d: null, c: "x" }], a: true })).toBe('{"a":true,"b":[1,{"c":"x","d":null}]}');
		expect(canonicalJson({ a: 1, b: 2 })).toBe(canonicalJson({ b: 2, a: 1 }));
	});

	it("reads back as the value", () => {
		fc.assert(
			fc.property(fc.jsonValue(), (value) => {
				expect(JSON.parse(canonicalJson(value))).toEqual(JSON.parse(JSON.stringify(value)));
			}),
		);
	});

	it("leaves out what is undefined in an object, and says null for it in an array", () => {
		expect(canonicalJson({ a: undefined, b: [undefined, 1] })).toBe('{"b":[null,1]}');
	});

	it("keeps all digits of a double", () => {
		expect(canonicalJson(0.1 + 0.2)).toBe("0.30000000000000004");
		expect(canonicalJson(5e-324)).toBe("5e-324");
	});

	it("keeps text text, so that a run number does not become a number", () => {
		expect(canonicalJson({ run: "20250815_123413", count: "007" })).toBe('{"count":"007","run":"20250815_123413"}');
	});

	it.each([
		["NaN", Number.NaN],
		["an infinity", Number.NEGATIVE_INFINITY],
		["a function", () => 1],
		["a bigint", 1n],
		["a symbol", Symbol("x")],
	])("refuses %s, also deep inside", (_, value) => {
		expect(() => canonicalJson({ deep: [value] })).toThrow("has no canonical JSON");
	});
});
