import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { captureWord, searchWords, wordsIn, wordsOfGlob } from "#domain/search-words.ts";

describe("words that an acquisition is found by", () => {
	it("are those of its key and its captures, each once, and its captures as such", () => {
		const captures = { plate: "P0042", sample: "é 7" };
		expect(searchWords({ key: "run_7/Plate-P0042.CSV", captures })).toEqual([
			"run",
			"7",
			"plate",
			"p0042",
			"csv",
			"é",
			captureWord("plate", "P0042"),
			captureWord("sample", "é 7"),
		]);
	});

	it("are letters and digits alone, whatever the name", () => {
		fc.assert(
			fc.property(fc.string({ unit: "binary" }), (text) => {
				for (const word of wordsIn(`${text}\ud800\0"'%_\\`)) expect(word).toMatch(/^[\p{L}\p{N}]{1,60}$/u);
			}),
		);
	});

	it("are no words where they stand for captures, and differ by name and value", () => {
		const words = [captureWord("a", "bc"), captureWord("ab", "c"), captureWord("a", "b")];
		expect(new Set(words).size).toBe(3);
		for (const word of words) expect(wordsIn(word)).not.toContain(word);
	});
});

describe("words of a glob", () => {
	it.each([
		["*_P0042_*.csv", ["p0042", "csv"], []],
		["run_7*/x", ["run", "x"], ["7"]],
		["P?042", [], ["p"]],
		["*7*", [], []],
		["*", [], []],
		["plain.txt", ["plain", "txt"], []],
	])("of %s are whole or begun", (glob, whole, begun) => {
		expect(wordsOfGlob(glob)).toEqual({ whole, begun });
	});

	it("are among the words of every name that it matches", () => {
		const letter = fc.constantFrom("a", "B", "7", "_", "/", " ", "é", "İ", "Σ", "*", "?");
		fc.assert(
			fc.property(
				fc.array(letter, { maxLength: 12 }),
				fc.infiniteStream(fc.constantFrom("a", "Σ", "_", "", "7x")),
				(glob, fill) => {
					const name = glob.map((part) => (part === "*" ? fill.next().value : part === "?" ? "z" : part)).join("");
					const words = wordsIn(name);
					const { whole, begun } = wordsOfGlob(glob.join(""));
					for (const word of whole) expect(words).toContain(word);
					for (const start of begun) expect(words.some((word) => word.startsWith(start))).toBe(true);
				},
			),
		);
	});
});
