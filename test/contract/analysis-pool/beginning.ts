import { existsSync } from "node:fs";
import { describe, expect, test } from "vitest";
import type { EngineCapabilities, PoolUnderTest } from "../analysis-pool.ts";

const endings = [
	["completes", "", undefined],
	["fails", "stop('broken')", "R_ERROR"],
	["is ended", "repeat {}", "R_TIMEOUT"],
] as const;
/** What R in WebAssembly, which is no process, cannot do. */
const endingsOfProcesses = [["dies", "tools::pskill(Sys.getpid(), 9L)", "R_KILLED"]] as const;

/** What R begins a run with, and where its temporary files lie. */
export function describeBeginning(use: () => PoolUnderTest, { engine, programs }: EngineCapabilities): void {
	describe("begins a run", () => {
		/** What the last line of a script gives, as R writes it. */
		const seen = async (script: string, seed = 1) => {
			const { bench, pool } = use();
			return (await bench.complete(pool, `cat(deparse({${script}}))`, { seed })).log;
		};

		test("in UTF-8, with a decimal point, in an order of letters that is no machine's own", async () => {
			const facts = await seen(
				`paste(l10n_info()[["UTF-8"]], nchar(enc2native("µ")), format(1.5), Sys.getlocale("LC_NUMERIC"), Sys.getlocale("LC_COLLATE"))`,
			);
			expect(facts).toBe(`"TRUE 1 1.5 C ${programs ? "C.UTF-8" : "en_US.UTF-8"}"`);
		});

		test("with one thread in every numeric library, where libraries have threads", async () => {
			const threads = await seen(
				"unname(Sys.getenv(c('OMP_NUM_THREADS', 'OPENBLAS_NUM_THREADS', 'MKL_NUM_THREADS'), NA))",
			);
			expect(threads).toBe(programs ? 'c("1", "1", "1")' : "c(NA_character_, NA_character_, NA_character_)");
		});

		test("with devices that need no screen", async () => {
			const draws = (device: string) =>
				`local({ file <- tempfile(); ${device}(file); plot(1:3); dev.off(); file.size(file) > 100 })`;
			expect(await seen(`Sys.unsetenv("DISPLAY"); c(${draws("png")}, ${draws("svg")}, ${draws("pdf")})`)).toBe(
				"c(TRUE, TRUE, TRUE)",
			);
		});

		test("with L'Ecuyer's generator, and the seed that its record tells", async () => {
			const { bench, pool } = use();
			const { log, seed } = await bench.complete(pool, "cat(RNGkind()[1], deparse(runif(3)))", { seed: 4711 });
			expect(seed).toBe(4711);
			const again = await seen(`RNGkind("L'Ecuyer-CMRG"); set.seed(${seed}); runif(3)`, 1);
			expect(log).toBe(`L'Ecuyer-CMRG ${again}`);
		});

		test("with the span that it runs in, in its environment: of each run its own", async () => {
			const { bench, pool } = use();
			for (const span of ["00f067aa0ba902b7", "b9c7c989f97918e1"]) {
				const traceparent = `00-4bf92f3577b34da6a3ce929d0e0e4736-${span}-01`;
				const { log } = await bench.complete(pool, 'cat(Sys.getenv("TRACEPARENT"))', { traceparent });
				expect(log).toBe(traceparent);
			}
		});

		test.each([
			["completes", "Sys.sleep(0.05)", "completed"],
			["fails", "Sys.sleep(0.05); stop('no wells')", "failed"],
		])(
			"and tells when it was made ready, when the script ran, and when it wrote what came of it, where that %s",
			async (_, script, outcome) => {
				const { bench, pool } = use();
				const before = Date.now();
				const record = await pool.run(bench.request(script));
				const after = Date.now();
				expect(record.outcome).toBe(outcome);
				expect(record.stages.map(({ name }) => name)).toEqual(["prepare", "evaluate", "outputs"]);
				const times = record.stages.flatMap(({ startMs, endMs }) => [startMs, endMs]);
				expect(times).toEqual(times.toSorted((a, b) => a - b));
				expect(times[0]).toBeGreaterThanOrEqual(before - 1);
				expect(times[5]).toBeLessThanOrEqual(after + 1);
				expect((times[3] ?? 0) - (times[2] ?? 0)).toBeGreaterThan(40);
			},
		);

		test("and one that is ended tells nothing of that", async () => {
			const { bench, pool } = use();
			expect((await pool.run(bench.request("repeat {}", { timeoutMs: 1_000 }))).stages).toEqual([]);
		});

		test.each([...endings, ...(programs ? endingsOfProcesses : [])])(
			"with temporary files in its own directory, or in R's memory, when it %s",
			async (_, end, code) => {
				const { bench, pool } = use();
				const script = `
					writeLines("x", tempfile())
					cat(normalizePath(c(tempdir(), tempfile()), mustWork = FALSE), sep = "\n")
					${end}`;
				const request = bench.request(script, { timeoutMs: code === "R_TIMEOUT" ? 3_000 : 60_000 });
				const { cause, log } = await pool.run(request);
				expect(cause?.code).toBe(code);
				const [directory = "", file = ""] = log.split("\n");
				expect(file.startsWith(`${directory}/`)).toBe(true);
				if (programs) expect(directory.startsWith(`${request.directory}/`)).toBe(true);
				else expect(existsSync(directory)).toBe(false);
			},
		);

		test("apart from another at the same time", async () => {
			const { bench } = use();
			const pool = bench.pool({ engine, workers: 2 });
			const script = `
				writeLines("x", file.path(tempdir(), "mine"))
				meet <- file.path(dirname(dirname(commandArgs(TRUE))), "meet")
				cat("x", file = meet, append = TRUE)
				while (file.size(meet) < 2) Sys.sleep(0.01)
				cat(tempdir(), list.files(tempdir()), getwd())`;
			const logs = (await Promise.all([1, 2].map(() => bench.complete(pool, script)))).map(({ log }) => log.split(" "));
			expect(logs.map(([, file]) => file)).toEqual(["mine", "mine"]);
			expect(logs[0]?.[2]).not.toBe(logs[1]?.[2]);
			if (programs) expect(logs[0]?.[0]).not.toBe(logs[1]?.[0]);
		});
	});
}
