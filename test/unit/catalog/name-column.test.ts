import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { nameFromColumn, nameHash, nameToColumn, proseToColumn } from "#catalog/name-column.ts";

const anyName = fc.string({ unit: fc.integer({ min: 0, max: 0xffff }).map((code) => String.fromCharCode(code)) });

describe("a name in a column", () => {
	it("comes back as it was, whatever it holds", () => {
		fc.assert(fc.property(anyName, (name) => nameFromColumn(nameToColumn(name)) === name));
	});

	it("holds nothing that a text column cannot", () => {
		fc.assert(
			fc.property(anyName, (name) => {
				const column = nameToColumn(name);
				return column.isWellFormed() && !column.includes("\0");
			}),
		);
	});

	it("is itself for everyday names", () => {
		expect(nameToColumn("run 7/Löhne_µ-😀.csv")).toBe("run 7/Löhne_µ-😀.csv");
	});

	it("has a hash that tells bytes apart which are not UTF-8", () => {
		expect(nameHash("\udcff")).not.toBe(nameHash("\udcfe"));
		expect(nameHash("\udcff")).not.toBe(nameHash("\\udcff"));
	});
});

describe("prose in a column", () => {
	it("loses only what a text column cannot hold", () => {
		expect(proseToColumn("a\0b \ud800 c\n")).toBe("a\u2400b \ufffd c\n");
	});
});
