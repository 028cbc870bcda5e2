import { stripVTControlCharacters } from "node:util";
import pc from "picocolors";
import { describe, expect, test } from "vitest";
import { facts, table } from "#cli/table.ts";
import { paper } from "#test/support/small-lab.ts";

const narrow = { interactive: true, columns: 40 };
const rows = [
	{ state: "analysed", path: "reader-a/run-01.csv", why: "result r1ebe11ed9a932adf58c30c2164f585a3-1" },
	{ state: "dead", path: "reader-b/run-12.csv", why: "" },
];
const columns = [
	{ title: "STATE", cell: ({ state }: (typeof rows)[number]) => pc.createColors(true).green(state) },
	{ title: "PATH", cell: ({ path }: (typeof rows)[number]) => path, shrinks: true as const },
	{ title: "WHY", cell: ({ why }: (typeof rows)[number]) => why, shrinks: true as const },
];

describe("a table", () => {
	test("fits a narrow terminal: what may shrink is cut with an ellipsis, and columns stay below their titles", () => {
		const lines = stripVTControlCharacters(table(rows, columns, paper("/lab", narrow).terminal)).split("\n");
		expect(lines).toEqual([
			"STATE     PATH                 WHY",
			"analysed  reader-a/run-01.csv  result r…",
			"dead      reader-b/run-12.csv",
			"",
		]);
	});

	test("has as many rows as there are, more than a call can have arguments", () => {
		const many = Array.from({ length: 150_000 }, (_, n) => n);
		const shown = table(many, [{ title: "N", cell: String }], paper("/lab", { interactive: false }).terminal);
		expect(shown.split("\n")).toHaveLength(many.length + 2);
		expect(
			facts(
				many.map((n) => [String(n), "x"] as const),
				paper("/lab", narrow).terminal,
			),
		).toContain("149999  x\n");
	});

	test("takes several lines a row where cutting is not enough, and none is longer than the terminal is wide", () => {
		const id = { title: "JOB", cell: () => "jb49093a8bfb6dd6d01d4c4c813ea6fac" };
		const [state, path, why] = columns;
		const wide = [state, path, id, why].filter((column) => column !== undefined);
		const lines = stripVTControlCharacters(table(rows, wide, paper("/lab", narrow).terminal)).split("\n");
		expect(lines).toEqual([
			"STATE     PATH",
			"  JOB",
			"  WHY",
			"analysed  reader-a/run-01.csv",
			"  jb49093a8bfb6dd6d01d4c4c813ea6fac",
			"  result r1ebe11ed9a932adf58c30c2164f58…",
			"dead      reader-b/run-12.csv",
			"  jb49093a8bfb6dd6d01d4c4c813ea6fac",
			"",
		]);
	});

	test("is never cut where a program reads it", () => {
		expect(table(rows, columns, paper("/lab", { columns: 40 }).terminal)).toContain(rows[0]?.why);
	});
});

test("facts are aligned also where their labels have colours", () => {
	const { green, yellow } = pc.createColors(true);
	const told = facts(
		[
			[yellow("settling"), "1"],
			["settled", "1"],
			[green("analysed"), "12"],
		],
		paper("/lab").terminal,
	);
	expect(stripVTControlCharacters(told)).toBe("settling  1\nsettled   1\nanalysed  12\n");
});
