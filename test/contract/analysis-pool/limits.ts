import { getPriority } from "node:os";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { RBench } from "#test/support/r-bench.ts";
import type { EngineCapabilities } from "../analysis-pool.ts";

export function describeLimits({ engine, programs, temporaryOnDisk }: EngineCapabilities): void {
	describe("holds a run to its limits", () => {
		let bench: RBench;
		beforeEach(() => {
			bench = new RBench();
		});
		afterEach(() => bench.clean());

		test("one that prints without end is ended, and its log keeps beginning and end", async () => {
			const pool = bench.pool({ engine, outputBytes: 2_000_000 });
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
			const pool = bench.pool({ engine, memoryBytes: 300 * 2 ** 20 });
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
			const pool = bench.pool({ engine, diskBytes: 20_000_000 });
			expect((await pool.run(bench.request(script))).cause).toMatchObject(tooMuch);
			await bench.complete(pool, write("1e6", `file.path(commandArgs(TRUE), "small")`));
		});

		test.runIf(programs)("what it starts has the same limits", async () => {
			const pool = bench.pool({ engine, openFiles: 99, diskBytes: 20_000_000, cpuShare: 0.25 });
			const { log } = await bench.complete(pool, `system("ulimit -n; ulimit -f; nice; cat /proc/self/autogroup")`);
			const [files, blocks, niceness, group] = log.split("\n");
			expect([files, blocks, niceness]).toEqual(["99", String(Math.floor(20_000_000 / 512)), "6"]);
			expect(group).toMatch(/ nice 6$/);
		});

		test("no more files than the pool allows are open at once", async () => {
			const pool = bench.pool({ engine, openFiles: 64 });
			const { cause } = await pool.run(bench.request(`for (i in 1:100) assign(paste0("f", i), file(tempfile(), "w"))`));
			if (temporaryOnDisk) expect(cause?.message).toBe("cannot open the connection");
			else expect(cause).toBeUndefined();
		});

		test("a share of a core is what the kernel gives it", async () => {
			const pool = bench.pool({ engine, cpuShare: 0.25 });
			await pool.start();
			expect((await bench.processes()).map((pid) => getPriority(pid))).toContain(6);
		});
	});
}
