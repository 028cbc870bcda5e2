import { execFileSync } from "node:child_process";
import { globSync, realpathSync, symlinkSync } from "node:fs";
import { delimiter, join } from "node:path";
import { afterEach, expect, it } from "vitest";
import { createLab, type ListedResult, untilIdle } from "#test/support/lab.ts";
import type { Product } from "#test/support/product.ts";
import { describeWith, requireR } from "#test/support/services.ts";

describeWith("r", "several installations of R in one configuration", () => {
	let lab: Product;
	afterEach(() => lab.remove());

	/** Another R of PATH, if there is one: npm run test:matrix has several. */
	function anotherR(): string | undefined {
		const found = globSync((process.env.PATH ?? "").split(delimiter).map((directory) => join(directory, "Rscript")));
		return found.find((path) => realpathSync(path) !== realpathSync(requireR()));
	}

	/** As R says it by itself. */
	const versionOf = (rscript: string) =>
		execFileSync(rscript, ["-e", "cat(as.character(getRversion()))"], { encoding: "utf8" });

	it("work beside one another, each for its pool, and every result says which it was", async () => {
		lab = await createLab({
			script:
				'cat("this is R", as.character(getRversion()), "\\n")\nwr_measure("bytes", file.size(commandArgs(TRUE)[1]))',
			pipeline: "    pool: one\n  again: { from: instrument, analysis: ./count.R, pool: two }",
			more: `pools:\n  one: { workers: 1, rscript: ${requireR()} }\n  two: { workers: 1, rscript: ./other/Rscript }`,
			files: { "data/plate.csv": "1;2\n", "other/.keep": "" },
		});
		const other = anotherR() ?? requireR();
		symlinkSync(other, lab.path("other/Rscript"));
		const ended = await untilIdle(lab);
		expect(ended.code, ended.stderr).toBe(0);
		const results = (await lab.json("list", "results")) as ListedResult[];
		const shown = await Promise.all(
			results.map(
				async ({ id, pipeline }) =>
					[pipeline, /\bR (\d+\.\d+\.\d+)/.exec((await lab.run("show", id)).stdout)?.[1]] as const,
			),
		);
		expect(new Map(shown)).toEqual(
			new Map([
				["count", versionOf(requireR())],
				["again", versionOf(other)],
			]),
		);
	});
});
