import { getPriority } from "node:os";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { AnalysisPool } from "#core/ports/analysis-pool.ts";
import { RBench, until } from "#test/support/r-bench.ts";
import type { EngineCapabilities } from "../analysis-pool.ts";

export function describeLimits({ engine, programs, temporaryOnDisk }: EngineCapabilities): void {
	describe("holds a run to its limits", () => {
		let bench: RBench;
		let pool: AnalysisPool;
		beforeAll(async () => {
			bench = new RBench();
			const limits = { memoryBytes: 300 * 2 ** 20, outputBytes: 2_000_000, diskBytes: 20_000_000, openFiles: 99 };
			pool = bench.pool({ engine, ...limits, cpuShare: 0.25 });
			await pool.start();
		});
		afterAll(() => bench.clean());

		test("one that prints without end is ended, and its log keeps beginning and end", async () => {
			const script = `cat("beginning\\n")\nrepeat cat(strrep("0123456789", 100), "\\n")`;
			const { cause, log } = await pool.run(bench.request(script));
			expect(cause).toMatchObject({
				class: "permanent",
				code: "R_OUTPUT_LIMIT",
				message: "killed by us: it printed more than 2000000 bytes",
			});
			expect(log.startsWith("beginning\n0123456789")).toBe(true);
			expect(log).toMatch(/\[\.\.\. \d+ bytes left out \.\.\.\]/);
			expect(log.length).toBeLessThan(300_000);
		});

		test("one that wants more memory than the pool allows gets an error that says so", async () => {
			const { cause } = await pool.run(bench.request("x <- list()\nrepeat x[[length(x) + 1]] <- numeric(4e6) + 1"));
			expect(cause).toMatchObject({ class: "permanent", code: "R_MEMORY", fix: expect.stringContaining("memory") });
			await bench.complete(pool, "1");
		});

		const tooMuch = {
			class: "permanent",
			code: "R_DISK_LIMIT",
			message: "its files, temporary ones included, took more than 20000000 bytes",
		};
		const write = (bytes: string, to: string) => `writeBin(raw(${bytes}), ${to})`;

		const endless = `repeat ${write("1e6", "tempfile()")}`;
		test.each([
			["many files", `for (i in 1:50) ${write("1e6", "file.path(commandArgs(TRUE), i)")}`],
			[
				"many files, and stands still",
				`for (i in 1:50) ${write("1e6", "file.path(commandArgs(TRUE), i)")}\nSys.sleep(60)`,
			],
			["one large file", write("50e6", `file.path(commandArgs(TRUE), "x")`)],
			...(temporaryOnDisk ? [["temporary files without end", endless]] : []),
		])("one that fills the disk is ended, and says why: %s", async (_, script) => {
			expect((await pool.run(bench.request(script))).cause).toMatchObject(tooMuch);
			await bench.complete(pool, write("1e6", `file.path(commandArgs(TRUE), "small")`));
		});

		if (temporaryOnDisk) {
			test("one that writes a file elsewhere that is too large is told so as well", async () => {
				const script = write("50e6", `"${bench.path}/elsewhere"`);
				const { cause } = await pool.run(bench.request(script));
				expect(cause).toMatchObject({ code: "R_KILLED", message: expect.stringContaining("reached 20000000 bytes") });
			});
		}

		if (programs) {
			test("what it starts has the same limits", async () => {
				const { log } = await bench.complete(pool, `system("ulimit -n; ulimit -f; nice; cat /proc/self/autogroup")`);
				const [files, blocks, niceness, group] = log.split("\n");
				expect([files, blocks, niceness]).toEqual(["99", String(Math.floor(20_000_000 / 512)), "6"]);
				expect(group).toMatch(/ nice 6$/);
			});
		}

		test("no more files than the pool allows are open at once", async () => {
			const { cause } = await pool.run(bench.request(`for (i in 1:120) assign(paste0("f", i), file(tempfile(), "w"))`));
			if (temporaryOnDisk) expect(cause?.message).toBe("cannot open the connection");
			else expect(cause).toBeUndefined();
		});

		test("a share of a core is what the kernel gives it", async () => {
			await until(async () => (await bench.processes()).some((pid) => priorityOf(pid) === 6), "a worker has its share");
		});
	});
}

/** A process that has ended since it was listed has none. */
function priorityOf(pid: number): number | undefined {
	try {
		return getPriority(pid);
	} catch {
		return undefined;
	}
}
