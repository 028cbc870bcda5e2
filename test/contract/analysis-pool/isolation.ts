import { describe, expect, test } from "vitest";
import type { PoolUnderTest } from "../analysis-pool.ts";

const changeEverything = `
	secret <- 1
	options(digits = 3, scipen = 99, stringsAsFactors = TRUE, lab = "changed")
	Sys.setenv(LAB = "changed"); Sys.setlocale("LC_COLLATE", "C")
	attach(list(leak = 1)); library(splines)
	setwd(tempdir()); writeLines("x", file.path(tempdir(), "left"))
	set.seed(1); runif(5); RNGkind("Wichmann-Hill")
	assign("c", function(...) stop("spoiled"), envir = globalenv())
	pdf(NULL); sink(tempfile()); file(tempfile(), "w")
	.Last <- function() stop("at the end")`;

const lookAround = `
	state <- list(
		objects = ls(globalenv()), digits = getOption("digits"), lab = getOption("lab"),
		env = Sys.getenv("LAB"), search = search(), temp = list.files(tempdir()), kind = RNGkind(), draw = runif(2),
		c = c(1, 2), p = paste("a", "b"), devices = dev.list(), sinks = sink.number(), wd = basename(getwd()),
		connections = nrow(showConnections()), leak = exists("leak")
	)
	dput(state)`;

export function describeIsolation(use: () => PoolUnderTest): void {
	describe("keeps runs apart", () => {
		test("whatever one changed, the next sees a clean state and the same seed", async () => {
			const { bench, pool } = use();
			const before = await bench.complete(pool, lookAround);
			await bench.complete(pool, changeEverything);
			const after = await bench.complete(pool, lookAround);
			expect(after.log).toBe(before.log);
			expect(before.log).toContain(`kind = c("L'Ecuyer-CMRG"`);
			expect(before.log).toContain('wd = "work"');
			expect(before.log).toContain("objects = character(0)");
			expect(before.log).toContain("temp = character(0)");
		});

		test("another seed gives other numbers; a script's own seed gives those of plain R", async () => {
			const { bench, pool } = use();
			const numbers = async (script: string, seed: number) => (await bench.complete(pool, script, { seed })).log;
			expect(await numbers("runif(3)", 1)).toBe(await numbers("runif(3)", 1));
			expect(await numbers("runif(3)", 1)).not.toBe(await numbers("runif(3)", 2));
			expect(await numbers("set.seed(42); rnorm(3)", 1)).toBe("[1]  1.3709584 -0.5646982  0.3631284\n");
			expect(await numbers(`RNGkind("Wichmann-Hill"); set.seed(1); RNGkind()[1]`, 1)).toBe('[1] "Wichmann-Hill"\n');
		});

		test("what a script left open is in its files", async () => {
			const { bench, pool } = use();
			const script = `con <- file(file.path(commandArgs(TRUE), "open.txt"), "w")\ncat("last words", file = con)\nsink(file.path(commandArgs(TRUE), "sink.txt"))\nprint(1)`;
			const { artifacts } = await bench.complete(pool, script);
			expect(artifacts.map(({ name, size }) => [name, size])).toEqual([
				["open.txt", 10],
				["sink.txt", 6],
			]);
		});
	});
}
