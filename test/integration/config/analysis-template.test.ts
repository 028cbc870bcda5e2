import { execFileSync } from "node:child_process";
import { readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { analysisTemplate } from "#config/init/analysis-template.ts";
import { describeWith, requireR } from "#test/support/services.ts";
import { temporaryDirectory } from "#test/support/temporary-directory.ts";

describeWith("r", "the analysis that init writes", () => {
	let directory: ReturnType<typeof temporaryDirectory>;
	beforeEach(() => {
		directory = temporaryDirectory();
	});
	afterEach(() => directory.remove());

	test("runs on text and on bytes, with base R alone", () => {
		const write = (name: string, content: string | Uint8Array) => {
			const file = join(directory.path, name);
			writeFileSync(file, content);
			return file;
		};
		const script = write("analysis.R", analysisTemplate);
		const inputs = [
			write("plate.csv", "well,od\nA1,0.25\nA2;0.75\n"),
			write("image.tif", Uint8Array.of(0, 1, 2)),
			write("empty.txt", ""),
		];
		const driver = write(
			"driver.R",
			`args <- commandArgs(TRUE); source(args[[1]]); result <- analyze(args[-(1:2)], list(), args[[2]])
			cat(result$numbers, result$mean, nrow(result$files), paste(result$files$numbers, collapse = "+"), attr(result$bytes, "unit"))`,
		);
		const printed = execFileSync(requireR(), ["--vanilla", driver, script, directory.path, ...inputs], {
			encoding: "utf8",
		});
		expect(printed).toBe("2 0.5 3 2+0+0 By");
		expect(readdirSync(directory.path)).toContain("overview.pdf");
	});
});
