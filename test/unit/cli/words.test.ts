import { describe, expect, test } from "vitest";
import { facts, table } from "#cli/table.ts";
import { manyLines, oneLine } from "#cli/terminal.ts";
import { bytes, localTime, quantity, span } from "#cli/words.ts";
import { counted } from "#domain/counted.ts";
import { paper } from "#test/support/small-lab.ts";

describe("words for people", () => {
	test.each([
		[0, "0 s"],
		[430, "0.4 s"],
		[9_960, "10 s"],
		[12_400, "12 s"],
		[200_000, "3 min 20 s"],
		[59_600, "1 min"],
		[3_599_600, "1 h"],
		[86_399_000, "1 day"],
		[14_700_000, "4 h 5 min"],
		[90_000_000, "1 day 1 h"],
		[183_600_000, "2 days 3 h"],
	])("%d ms is %s", (ms, said) => {
		expect(span(ms)).toBe(said);
	});

	test.each([
		[0, "0 B"],
		[812, "812 B"],
		[999, "999 B"],
		[1_000, "1 kB"],
		[4_240, "4.2 kB"],
		[999_600, "1 MB"],
		[120_400_000, "120 MB"],
		[5e12, "5 TB"],
	])("%d bytes are %s", (count, said) => {
		expect(bytes(count)).toBe(said);
	});

	test("numbers, counts and times", () => {
		expect(quantity(2.345184736, "OD")).toBe("2.34518 OD");
		expect(quantity(1e-9, "")).toBe("1e-9");
		expect(quantity(null, "")).toBe("NA");
		expect(quantity("Inf", "s")).toBe("Inf s");
		expect([counted(0, "job"), counted(1, "job"), counted(2, "job")]).toEqual(["0 jobs", "1 job", "2 jobs"]);
		expect(localTime(new Date(2026, 10, 21, 8, 3, 7).getTime())).toBe("2026-11-21 08:03:07");
	});

	test("text from outside is made harmless, on one line or on many", () => {
		expect(oneLine(" a\n\tb\x1b[31m\x9b ")).toBe("a b\\x1b[31m\\x9b");
		expect(manyLines("a\n\tb\r\u{202e}")).toBe("a\n\tb\\x0d\\u202e");
		expect(oneLine("C:\\plates")).toBe("C:\\plates");
	});
});

describe("a table", () => {
	const columns = [
		{ title: "N", cell: ({ n }: { n: number; why: string }) => String(n), align: "right" as const },
		{ title: "NOTE", cell: () => "" },
		{ title: "WHY", cell: ({ why }: { n: number; why: string }) => why, shrinks: true as const },
	];
	const rows = [
		{ n: 1, why: "short" },
		{ n: 100, why: "a reason that is longer than the terminal" },
	];

	test("aligns its columns, and leaves out what is empty in every row", () => {
		expect(table(rows, columns, paper("/").terminal)).toBe(
			"  N  WHY\n  1  short\n100  a reason that is longer than the terminal\n",
		);
	});

	test("gives way to a narrow terminal with an ellipsis", () => {
		const { terminal } = paper("/", { interactive: true, columns: 24 });
		expect(table(rows, columns, terminal)).toBe("  N  WHY\n  1  short\n100  a reason that is l…\n");
	});

	test("facts are aligned, and those without a value are left out", () => {
		expect(
			facts(
				[
					["job", "j1"],
					["result", undefined],
					["pipeline", "elisa"],
				],
				paper("/").terminal,
			),
		).toBe("job       j1\npipeline  elisa\n");
	});
});
