import { execFile } from "node:child_process";
import { chmodSync } from "node:fs";
import { promisify } from "node:util";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { PoolSettings } from "#domain/settings.ts";
import { RBench } from "#test/support/r-bench.ts";
import { describeWith, requireR } from "#test/support/services.ts";

let bench: RBench;
beforeEach(() => {
	bench = new RBench();
});
afterEach(() => bench.clean());

/** What a script prints in a pool of another process, which is started by this command. */
async function printedUnder(command: string, script: string, settings: Partial<PoolSettings>): Promise<string[]> {
	const holder = new URL("./pool-holder.ts", import.meta.url).pathname;
	const program = [process.execPath, "--conditions=source", holder].map((word) => `'${word}'`).join(" ");
	const { stdout } = await promisify(execFile)("sh", ["-c", `${command} ${program}`], {
		env: {
			...process.env,
			REQUEST: JSON.stringify(bench.request(script)),
			BENCH_ID: bench.id,
			POOL: `${bench.path}/pool`,
			SETTINGS: JSON.stringify({ engine: "fork", ...settings }),
		},
	});
	return stdout.split("\n");
}

describeWith("r", "limits", () => {
	describe("where our own process has some itself", () => {
		test("a share of a core is one of what is left to us", async () => {
			const [niceness] = await printedUnder("exec nice -n 5", `system("nice")`, { cpuShare: 0.5 });
			expect(niceness).toBe("8");
		});

		test("nobody is given more, and the other limits hold as well", async () => {
			const settings = { openFiles: 1024, memoryBytes: 500e6 };
			const [files, kilobytes] = await printedUnder("ulimit -n 512; exec", `system("ulimit -n; ulimit -v")`, settings);
			expect(files).toBe("512");
			expect(Number(kilobytes)).toBeGreaterThan(0);
		});
	});

	test("hold for R where its Rscript is a script that starts it, and a run that is killed takes no other with it", async () => {
		const rscript = bench.file("Rscript", `#!/bin/sh\n'${requireR()}' "$@"\n`);
		chmodSync(rscript, 0o755);
		const pool = bench.pool({ engine: "fork", rscript, openFiles: 77 });
		const script = `system("ulimit -n; cut -d' ' -f4 /proc/$PPID/stat")`;
		const before = await bench.complete(pool, script);
		expect(before.log).toMatch(/^77\n\d+\n$/);
		expect((await pool.run(bench.request("repeat {}", { timeoutMs: 300 }))).cause?.code).toBe("R_TIMEOUT");
		expect((await bench.complete(pool, script)).log).toBe(before.log);
	});

	test.each(["fork", "spare"] as const)(
		"a run that was done before its timeout was seen to be over takes no other with it (%s)",
		async (engine) => {
			const pool = bench.pool({ engine });
			await pool.start();
			const first = pool.run(bench.request("1", { timeoutMs: 50 }));
			const second = bench.complete(pool, "2");
			const busyUntil = performance.now() + 1_000;
			while (performance.now() < busyUntil); // our process does not hear R meanwhile
			expect([undefined, "R_TIMEOUT"]).toContain((await first).cause?.code);
			await second;
		},
	);
});
