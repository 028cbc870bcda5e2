import { describe, expect, it } from "vitest";
import { type FileReport, tallyOf } from "../../../deploy/dev/tally.ts";

function report(status: string, ...tests: [status: string, fullName: string][]): FileReport {
	return {
		name: "some.test.ts",
		status,
		message: "",
		assertionResults: tests.map(([result, fullName]) => ({ status: result, fullName })),
	};
}

describe("the count of a test run", () => {
	it("counts tests, and keeps the reason of each skip with the number of its tests", () => {
		const tally = tallyOf(
			[
				report(
					"passed",
					["passed", "a"],
					["skipped", "x [skipped: R is missing] b"],
					["skipped", "y [skipped: R is missing] c"],
				),
				report("failed", ["failed", "d"], ["passed", "e"]),
			],
			1,
		);
		expect(tally).toEqual({ passed: 2, failed: 1, skipped: 2, reasons: new Map([["R is missing", 2]]) });
	});

	it("counts a file that could not be loaded as a failed test", () => {
		expect(tallyOf([report("failed")], 1)).toMatchObject({ passed: 0, failed: 1 });
	});

	it("counts an error outside all tests as a failed test", () => {
		expect(tallyOf([report("passed", ["passed", "a"])], 1)).toMatchObject({ passed: 1, failed: 1 });
	});

	it("counts a run without a report as a failed test", () => {
		expect(tallyOf(undefined, null)).toMatchObject({ passed: 0, failed: 1 });
	});
});
