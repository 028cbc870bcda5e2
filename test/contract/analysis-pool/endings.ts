import { existsSync } from "node:fs";
import { describe, expect, test } from "vitest";
import type { AnalysisRecord } from "#core/ports/analysis-pool.ts";
import { until } from "#test/support/r-bench.ts";
import type { PoolUnderTest } from "../analysis-pool.ts";

export function describeEndings(use: () => PoolUnderTest): void {
	const fail = async (script: string): Promise<AnalysisRecord> => {
		const { bench, pool } = use();
		const record = await pool.run(bench.request(script));
		expect(record).toMatchObject({ outcome: "failed", measurements: [], tables: [], artifacts: [] });
		return record;
	};

	describe("says why a run did not complete", () => {
		test("words of the control channel that a script forges say nothing", async () => {
			const { bench, pool } = use();
			const script = `
				nonce <- environment(getOption("watchrabbit.host")$progress)$run$nonce
				for (forged in c(
					"progress x", "failed {", "ready {", "child x", "mark x", "end x", "kind x", "warning {",
					"progress null", "failed null", "ready null", "warning null", "warning 7"))
					cat(paste0("\\036", nonce, " ", forged, "\n"))
				wr_measure("still", 1)`;
			expect((await bench.complete(pool, script)).measurements).toMatchObject([{ name: "still", value: 1 }]);
		});

		test("stop(): message, call, class, and a traceback with the script's lines", async () => {
			const script = [
				"fit <- function(x) {",
				'  stop("no convergence in \\"run 1\\"")',
				"}",
				"analyze <- function(inputs) {",
				'  try(stop("caught"), silent = TRUE)',
				'  signalCondition(simpleError("announced only"))',
				"  fit(1)",
				"}",
			].join("\n");
			const { cause, log, kind } = await fail(script);
			expect(kind).toBe("function");
			expect(cause).toEqual({
				class: "permanent",
				code: "R_ERROR",
				message: 'no convergence in "run 1"',
				call: "fit(1)",
				conditionClass: ["simpleError", "error", "condition"],
				traceback: [
					expect.stringMatching(/^stop\(.*\) at run-\d+\.R#2$/),
					expect.stringMatching(/^fit\(1\) at run-\d+\.R#7$/),
					"analyze(inputs = inputs)",
				],
			});
			expect(log).toBe('Error in fit(1) : no convergence in "run 1"\n');
		});

		test("stop() at top level, with what was printed and warned of before", async () => {
			const { cause, log, warnings } = await fail(`cat("begin\\n")\nwarning("careful")\nstop("enough")`);
			expect(cause).toMatchObject({ code: "R_ERROR", message: "enough", traceback: [expect.stringContaining("#3")] });
			expect(cause).not.toHaveProperty("call");
			expect(log).toBe("begin\nWarning message:\ncareful\nError: enough\n");
			expect(warnings).toEqual(["careful"]);
		});

		test("an error that is announced first, and then stopped for with a condition that is none, as rlang does it", async () => {
			const { cause, log } = await fail(`
				abort <- function(message) {
					condition <- errorCondition(message, class = "lab_error", call = quote(fit(1)))
					signalCondition(condition)
					cat("Its own words: ", message, "\\n", sep = "", file = stderr())
					stop(structure(class = c("lab_error", "condition"), list(message = "", call = NULL)))
				}
				fit <- function(x) abort("no convergence")
				tryCatch(fit(1), error = function(condition) cat("caught\\n"))
				signalCondition(errorCondition("announced only"))
				fit(1)
				cat("never")`);
			expect(cause).toMatchObject({
				class: "permanent",
				code: "R_ERROR",
				message: "no convergence",
				call: "fit(1)",
				conditionClass: ["lab_error", "error", "condition"],
			});
			expect(cause?.traceback?.at(-1)).toMatch(/^fit\(1\) at run-\d+\.R#11$/);
			expect(log).toBe("caught\nNULL\nIts own words: no convergence\n");
		});

		test("stop() with a condition that is no error", async () => {
			const { cause, log } = await fail(`stop(structure(class = "condition", list(message = "odd", call = NULL)))`);
			expect(cause).toMatchObject({ code: "R_ERROR", message: "odd", conditionClass: ["condition"] });
			expect(log).toBe("Error: odd\n");
		});

		test("a condition of the lab's own class", async () => {
			const { cause } = await fail(`stop(errorCondition("well B7 is empty", class = c("empty_well", "plate_error")))`);
			expect(cause?.conditionClass).toEqual(["empty_well", "plate_error", "error", "condition"]);
		});

		test("names file and line also in functions of a declared file, and the call of a warning", async () => {
			const { bench, pool } = use();
			bench.file("functions.R", "# fits\n\nfit <- function(x) {\n  warning('careful')\n  stop('broken: ', x)\n}\n");
			const script = 'source("functions.R")\nanalyze <- function() fit(1)';
			const record = await pool.run(bench.request(script, { files: ["functions.R"] }));
			expect(record.cause?.traceback?.slice(0, 2)).toEqual([
				'stop("broken: ", x) at functions.R#5',
				expect.stringMatching(/^fit\(1\) at run-\d+\.R#2$/),
			]);
			expect(record.warnings).toEqual(["In fit(1) : careful"]);
		});

		test("a syntax error: line and column, and nothing ran", async () => {
			const { cause, log } = await fail(`cat("ran\\n")\nx <- 1\ny <- function( { x }\n`);
			expect(cause).toMatchObject({ class: "permanent", code: "R_SYNTAX" });
			expect(cause?.message).toMatch(/run-\d+\.R:3:16: unexpected '\{'/);
			expect(cause?.fix).toBe("Correct the script at the line and column that the message names.");
			expect(log).not.toContain("ran\n");
		});

		test("q() with a status is a failure, q() without is an end", async () => {
			const { cause } = await fail(
				`f <- function() tryCatch(base::q(status = 3), error = function(e) 1)\nf()\ncat("never")`,
			);
			expect(cause).toMatchObject({
				class: "permanent",
				code: "R_QUIT",
				message: "the script called quit with status 3",
			});
			const { bench, pool } = use();
			const script = `wr_measure("a", 1)\nwriteLines("x", file.path(commandArgs(TRUE), "x.txt"))\nquit("no")\nstop("never")`;
			const { measurements, artifacts } = await bench.complete(pool, script);
			expect([measurements.length, artifacts.length]).toEqual([1, 1]);
		});

		test("a package that is not there, and how to get it", async () => {
			const { cause } = await fail("library(no.such.package)");
			expect(cause?.message).toContain("there is no package called ‘no.such.package’");
			expect(cause?.fix).toMatch(/no\.such\.package/);
		});

		test("a script that is not there", async () => {
			const { bench, pool } = use();
			const record = await pool.run(bench.request("", { script: "/no/such/script.R" }));
			expect(record.cause).toMatchObject({ code: "SCRIPT_MISSING", message: "there is no script /no/such/script.R" });
		});

		test("an acquisition that is not ready, and when to ask again", async () => {
			const { bench, pool } = use();
			const script = `f <- function() tryCatch(wr_not_ready("footer missing", retry_after = 2.5), error = function(e) 1)\nf()`;
			const record = await pool.run(bench.request(script));
			expect(record).toMatchObject({ outcome: "not-ready", retryAfterMs: 2500 });
			expect(record.cause).toMatchObject({ class: "transient", code: "R_NOT_READY", message: "footer missing" });
		});

		test("an endless loop: killed by us at its timeout, with what it printed", async () => {
			const { bench, pool } = use();
			const record = await pool.run(bench.request(`cat("in\\n")\nrepeat {}`, { timeoutMs: 1_500 }));
			expect(record.cause).toMatchObject({
				class: "permanent",
				code: "R_TIMEOUT",
				message: "killed by us: it ran longer than its timeout of 1.5 s",
			});
			expect(record.log).toBe("in\n");
			await bench.complete(pool, "1");
		});

		test("a run that is killed has what it had told by then, and its peak memory", async () => {
			const { bench, pool } = use();
			const script = `
				f <- function(x) warning("odd well ", x)
				analyze <- function() {
					x <- numeric(1e7) + 1
					f("B7")
					sink(tempfile()); f("B8"); warning(strrep("long ", 1000))
					repeat {}
				}`;
			const record = await pool.run(bench.request(script, { timeoutMs: 3_000 }));
			expect(record).toMatchObject({ kind: "function", cause: { code: "R_TIMEOUT" }, seed: 20261121 });
			const [first, second, long, ...rest] = record.warnings;
			expect([first, second, rest]).toEqual(['In f("B7") : odd well B7', 'In f("B8") : odd well B8', []]);
			expect(long).toMatch(/^In analyze\(\) : (long )+/);
			expect(record.r.packages).toHaveProperty("stats");
			if (pool.engine === "wasm") expect(record.peakMemoryBytes).toBeNull();
			else expect(record.peakMemoryBytes).toBeGreaterThan(80e6);
		});

		test("a crash: what R or the system said of it, and that it may pass", async () => {
			const script = `cat("here\\n")\nwarning("odd")\ntools::pskill(Sys.getpid(), 11L)\nSys.sleep(5)`;
			const { bench, pool } = use();
			const { cause, kind, log, warnings } = await pool.run(bench.request(script));
			expect(cause).toMatchObject({ class: "transient", code: "R_CRASHED" });
			expect(cause?.message).toMatch(/^R crashed: (segfault|unreachable)$/);
			expect([kind, warnings]).toEqual(["script", ["odd"]]);
			expect(log).toMatch(/^here\n/);
		});

		test("R that a script broke for good", async () => {
			const { cause } = await fail(
				`unlockBinding("c", baseenv()); assign("c", function(...) stop("spoiled"), baseenv())`,
			);
			expect(cause).toMatchObject({
				class: "transient",
				code: "R_CRASHED",
				message: expect.stringContaining("halted"),
			});
		});

		test("one that has handlers of its own for all that it does, as progressr and rlang::global_entrace() have", async () => {
			const script = `globalCallingHandlers(warning = function(w) { cat("seen:", conditionMessage(w), "\\n"); tryInvokeRestart("muffleWarning") })
				warning("odd well")
				f <- function() stop("no plate")
				f()`;
			const { cause, log, warnings } = await fail(script);
			expect(log).toMatch(/^seen: odd well/);
			expect(warnings).toEqual([]);
			expect(cause).toMatchObject({ code: "R_ERROR", message: "no plate", call: "f()" });
		});

		test("a function that calls itself without end", async () => {
			const { cause, log } = await fail("f <- function(n) f(n + 1)\nf(1)");
			expect(cause).toMatchObject({ class: "permanent", code: "R_ERROR" });
			expect(cause?.conditionClass).toContain("stackOverflowError");
			expect(cause?.fix).toBe("See whether a function calls itself without end.");
			expect(log).toMatch(/^Error/);
		});

		test("a message without end is cut", async () => {
			const { cause, warnings } = await fail(`warning(strrep("w", 1e5))\nstop(strrep("e", 1e5))`);
			for (const text of [cause?.message, warnings[0]]) expect(text?.length).toBeLessThan(8_300);
		});

		test("an endless loop in compiled code", async () => {
			const { bench, pool } = use();
			const script = "x <- stats::filter(rep(1, 4e6), rep(1, 2e6))";
			const record = await pool.run(bench.request(script, { timeoutMs: 1_000 }));
			expect(record.cause?.code).toBe("R_TIMEOUT");
			await bench.complete(pool, "1");
		});

		test("a run that was taken back", async () => {
			const { bench, pool } = use();
			const lease = new AbortController();
			const request = bench.request(`file.create(file.path(commandArgs(TRUE), "begun")); repeat {}`);
			const running = pool.run(request, lease.signal);
			await until(() => existsSync(`${request.directory}/out/begun`), "the run has begun");
			lease.abort(new Error("the lease was lost"));
			const { cause } = await running;
			expect(cause).toMatchObject({
				class: "transient",
				code: "R_KILLED",
				message: "killed by us: the lease was lost",
			});
			const late = await pool.run(bench.request("1"), lease.signal);
			expect(late.cause).toMatchObject({ code: "R_KILLED", message: "the run was taken back before it began" });
		});

		test("warnings with their calls, printed where R prints them, bounded", async () => {
			const { bench, pool } = use();
			const script = `f <- function(x) { warning("odd well"); x }\ny <- f(1)\ncat("after\\n")\nfor (i in 1:200) warning(i)`;
			const { warnings, log } = await bench.complete(pool, script);
			expect(warnings[0]).toBe("In f(1) : odd well");
			expect(warnings).toHaveLength(101);
			expect(warnings[100]).toBe("... and 101 more warnings");
			expect(log.startsWith("Warning message:\nIn f(1) : odd well\nafter\n")).toBe(true);
		});

		test("a warning that the script makes an error of, and one that it does not want to see", async () => {
			const { cause } = await fail(`options(warn = 2)\nas.integer("x")`);
			expect(cause?.message).toContain("(converted from warning)");
			const { bench, pool } = use();
			const { warnings, log } = await bench.complete(pool, `suppressWarnings(as.integer("x"))`);
			expect([warnings, log]).toEqual([[], "[1] NA\n"]);
		});
	});
}
