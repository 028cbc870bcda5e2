import { readFileSync } from "node:fs";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { AnalysisPool, AnalysisRecord } from "#core/ports/analysis-pool.ts";
import { RBench } from "#test/support/r-bench.ts";
import { describeWith, requireR } from "#test/support/services.ts";

/** Width and height of a PNG, from its header. */
function pixels(record: AnalysisRecord, name: string): readonly [number, number] {
	const png = readFileSync(record.artifacts.find((artifact) => artifact.name === name)?.file ?? "");
	expect(png.subarray(1, 4).toString()).toBe("PNG");
	return [png.readUInt32BE(16), png.readUInt32BE(20)];
}

const plot = `ggplot(data.frame(conc = c(0.1, 1, 10), od = c(0.02, 0.4, 1.9)), aes(conc, od)) + geom_point() + scale_x_log10()`;

describeWith("ggplot2", "a ggplot that an analysis returns", () => {
	let bench: RBench;
	beforeEach(() => {
		bench = new RBench();
	});
	afterEach(() => bench.clean());

	const pools: readonly (readonly [string, () => AnalysisPool])[] = [
		["read in by the script", () => bench.pool({ engine: "fork", rscript: requireR() })],
		["loaded before it", () => bench.pool({ engine: "fork", rscript: requireR(), preload: ["ggplot2"] })],
	];

	test.each(pools)("is drawn as a picture, with ggplot2 %s", async (_, open) => {
		const record = await bench.complete(open(), `library(ggplot2)\nanalyze <- function() ${plot}`);
		expect(record.artifacts).toMatchObject([{ name: "plot.png", mediaType: "image/png" }, { name: "plot.svg" }]);
		expect(pixels(record, "plot.png")).toEqual([1050, 750]);
		expect(record.warnings).toEqual([]);
		expect(record.r.packages).toHaveProperty("ggplot2");
		expect(record.r.sources).toMatchObject({ stats: "base", watchrabbit: "watchrabbit", ggplot2: "CRAN" });
	});

	test("beside others is drawn under its name, with facets, and beside numbers", async () => {
		const script = `library(ggplot2)
analyze <- function() list(curve = ${plot}, by = list(plate = ${plot} + facet_wrap(~conc)), n = 3)`;
		const record = await bench.complete(bench.pool({ engine: "fork", rscript: requireR() }), script);
		expect(record.artifacts.map(({ name }) => name).sort()).toEqual([
			"by.plate.png",
			"by.plate.svg",
			"curve.png",
			"curve.svg",
		]);
		expect(pixels(record, "by.plate.png")).toEqual([1050, 750]);
		expect(record.measurements).toEqual([{ name: "n", value: 3, unit: "" }]);
	});

	test("or one of lattice is drawn too", async () => {
		const script = "analyze <- function() lattice::xyplot(a ~ b, data.frame(a = 1:3, b = 1:3))";
		const record = await bench.complete(bench.pool({ engine: "fork", rscript: requireR() }), script);
		expect(record.artifacts.map(({ name }) => name)).toEqual(["plot.png", "plot.svg"]);
		expect(record.warnings).toEqual([]);
	});

	test("that leaves out points says so among the warnings", async () => {
		const script = `library(ggplot2)
analyze <- function() ggplot(data.frame(x = 1:3, y = c(1, NA, 2)), aes(x, y)) + geom_point()`;
		const record = await bench.complete(bench.pool({ engine: "fork", rscript: requireR() }), script);
		expect(record.warnings).toMatchObject([expect.stringContaining("Removed 1 row")]);
		expect(record.artifacts).toHaveLength(2);
	});

	test("that cannot be drawn fails the run, with ggplot2's own words", async () => {
		const script = `library(ggplot2)\nanalyze <- function() ${plot} + aes(colour = no_such_column)`;
		const pool = bench.pool({ engine: "fork", rscript: requireR() });
		const { outcome, cause } = await pool.run(bench.request(script));
		expect(outcome).toBe("failed");
		expect(cause).toMatchObject({ class: "permanent", code: "R_ERROR", call: "geom_point()" });
		expect(cause?.message).toMatch(/^Problem while computing aesthetics[\s\S]*'no_such_column' not found$/);
	});
});
