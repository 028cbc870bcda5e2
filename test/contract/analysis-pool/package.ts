import { describe, expect, test } from "vitest";
import type { PoolUnderTest } from "../analysis-pool.ts";

/** The package watchrabbit, which nobody has installed. */
export function describePackage(use: () => PoolUnderTest): void {
	describe("offers the package watchrabbit", () => {
		test("attached, by its name with ::, and by library() and require()", async () => {
			const { bench, pool } = use();
			const script = `
				stopifnot("package:watchrabbit" %in% search(), requireNamespace("watchrabbit"), require(watchrabbit))
				library(watchrabbit)
				stopifnot(packageVersion("watchrabbit") == "0.1.0", isNamespaceLoaded("watchrabbit"))
				stopifnot(identical(ls("package:watchrabbit"), c("wr_log", "wr_measure", "wr_not_ready", "wr_params", "wr_progress")))
				stopifnot(environmentIsLocked(asNamespace("watchrabbit")), length(sessionInfo()$basePkgs) > 5)
				watchrabbit::wr_measure("a", 1, "mg")
				getExportedValue("watchrabbit", "wr_measure")("b", 2)
				wr_log("read ", 3, " wells")`;
			const { measurements, log, r } = await bench.complete(pool, script);
			expect(measurements).toEqual([
				{ name: "a", value: 1, unit: "mg" },
				{ name: "b", value: 2, unit: "" },
			]);
			expect(log).toBe("read 3 wells\n");
			expect(r.packages).toMatchObject({ watchrabbit: "0.1.0" });
		});

		test("with the limits of a measurement, one-sided ones too", async () => {
			const { bench, pool } = use();
			const script = `
				analyze <- function() {
					wr_measure("slope", -3.32, lower = -3.6, upper = -3.1)
					wr_measure("conc", 12.5, "mg/l", upper = 20)
					wr_measure("open", 1, lower = NA, upper = Inf)
					list(
						od = structure(0.3, unit = "OD", lower = 0.1), cv = structure(c(a = 1, b = NA), upper = c(5, NA)),
						odd = structure(1, lower = "low")
					)
				}`;
			const { measurements, warnings } = await bench.complete(pool, script);
			expect(measurements).toEqual([
				{ name: "slope", value: -3.32, unit: "", lower: -3.6, upper: -3.1 },
				{ name: "conc", value: 12.5, unit: "mg/l", upper: 20 },
				{ name: "open", value: 1, unit: "" },
				{ name: "od", value: 0.3, unit: "OD", lower: 0.1 },
				{ name: "cv.a", value: 1, unit: "", upper: 5 },
				{ name: "cv.b", value: null, unit: "" },
				{ name: "odd", value: 1, unit: "" },
			]);
			expect(warnings).toEqual(["the attribute `lower` of odd was not kept: it must be one number, or one for each"]);
		});

		test("with the parameters, and defaults for those that the pipeline does not set", async () => {
			const { bench, pool } = use();
			const script = `stopifnot(identical(wr_params(model = "4PL", blank = TRUE), list(model = "5PL", n = 2, blank = TRUE)))`;
			await bench.complete(pool, script, { params: { model: "5PL", n: 2 } });
		});

		test("tells how far the run is, while it runs, also where it diverts what it prints", async () => {
			const { bench, pool } = use();
			const script = `
				wr_progress(0.25, "a 'quarter'\\nµ")
				invisible(capture.output({ print("kept to itself"); wr_progress(0.5) }))
				wr_progress(1, strrep("x", 5000))`;
			const told: (readonly [number, string])[] = [];
			const hear = (fraction: number, message: string) => void told.push([fraction, message]);
			const record = await pool.run(bench.request(script), undefined, undefined, hear);
			expect(told).toEqual([
				[0.25, "a 'quarter'\nµ"],
				[0.5, ""],
				[1, "x".repeat(200)],
			]);
			expect(record.log).toContain("progress 25 %: a 'quarter'\nµ\nprogress 50 %\nprogress 100 %: xxx");
		});

		test("and says what it cannot take as an R error with the call", async () => {
			const { bench, pool } = use();
			const script = `wr_measure("od", 1, lower = 2, upper = 1)`;
			const { cause } = await pool.run(bench.request(script));
			expect(cause).toMatchObject({
				code: "R_ERROR",
				message: "`lower` of od must not be above `upper`",
				call: 'wr_measure("od", 1, lower = 2, upper = 1)',
			});
		});
	});
}
