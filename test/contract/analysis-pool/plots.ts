import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import type { AnalysisRecord } from "#core/ports/analysis-pool.ts";
import type { PoolUnderTest } from "../analysis-pool.ts";

export function describePlots(use: () => PoolUnderTest): void {
	describe("keeps plots as PNG and SVG", () => {
		test("those that a script draws without a device of its own, page by page, as dev.off() or the end finds them", async () => {
			const { bench, pool } = use();
			const script = `
				plot(1:3)
				par(mfrow = c(1, 2)); plot(1:4); plot(4:1)
				dev.off()
				dev.new(width = 4, height = 3); hist(c(1, 2, 2, 3))
				png(file.path(commandArgs(TRUE), "mine.png"), type = "cairo"); plot(1); invisible(dev.off())`;
			const record = await bench.complete(pool, script);
			expect(record.artifacts.map(({ name }) => name)).toEqual([
				...["mine.png", "plot-1.png", "plot-1.svg", "plot-2.png", "plot-2.svg", "plot.png", "plot.svg"],
			]);
			expect(record.artifacts.at(-1)?.mediaType).toBe("image/svg+xml");
			expect(["plot.png", "plot-1.png", "plot-2.png"].map((name) => pixels(record, name))).toEqual([
				[1050, 1050],
				[1050, 1050],
				[600, 450],
			]);
			expect(textOf(record, "plot.svg")).toMatch(/<svg [^>]*width="504(pt)?" height="504(pt)?"/);
			expect(textOf(record, "plot.svg")).not.toMatch(/<text|font-family/);
			expect(record.warnings).toEqual([]);
		});

		test("equal ones as equal bytes, in whatever run and whichever place of it", async () => {
			const { bench, pool } = use();
			const draw = `draw <- function() { plot(1:3, main = "Löhne µg/ml"); recordPlot() }`;
			const several = await bench.complete(pool, `${draw}\nanalyze <- function() list(a = draw(), b = draw())`);
			const one = await bench.complete(pool, `${draw}\nanalyze <- function() list(a = draw())`);
			const digests = (record: AnalysisRecord) => record.artifacts.map(({ name, sha256 }) => `${name} ${sha256}`);
			expect(several.artifacts.map(({ name }) => name)).toEqual(["a.png", "a.svg", "b.png", "b.svg"]);
			expect(digests(several).slice(0, 2)).toEqual(digests(one));
			expect(several.artifacts[2]?.sha256).toBe(several.artifacts[0]?.sha256);
			expect(several.artifacts[3]?.sha256).toBe(several.artifacts[1]?.sha256);
		});

		test("and names one on which nothing was drawn", async () => {
			const { bench, pool } = use();
			const script = `
				analyze <- function() list(
					curve = { plot(1); recordPlot() },
					empty = { dev.new(); recordPlot() }
				)`;
			const { artifacts, warnings } = await bench.complete(pool, script);
			expect(artifacts.map(({ name }) => name)).toEqual(["curve.png", "curve.svg"]);
			expect(warnings).toEqual(["the plot empty is empty: nothing was drawn"]);
		});
	});
}

function textOf({ artifacts }: AnalysisRecord, name: string): string {
	return readFileSync(artifacts.find((artifact) => artifact.name === name)?.file ?? "", "utf8");
}

/** Width and height, from the header of a PNG. */
function pixels({ artifacts }: AnalysisRecord, name: string): readonly number[] {
	const png = readFileSync(artifacts.find((artifact) => artifact.name === name)?.file ?? "");
	return [png.readUInt32BE(16), png.readUInt32BE(20)];
}
