import { mkdirSync, readdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { RBench, until } from "#test/support/r-bench.ts";
import { describeWith, requireR } from "#test/support/services.ts";

let bench: RBench;
beforeEach(() => {
	bench = new RBench();
});
afterEach(() => bench.clean());

/** The machine's programs, and no perl among them. */
function programsWithoutPerl(): string {
	const directory = join(bench.path, "bin");
	mkdirSync(directory);
	for (const name of readdirSync("/usr/bin"))
		if (name !== "perl") symlinkSync(join("/usr/bin", name), join(directory, name));
	return directory;
}

describeWith("r", "a machine without perl, where R has no supervisor", () => {
	test.each(["fork", "spare"] as const)("engine %s: what a run started is known by its environment", async (engine) => {
		const environment = { ...process.env, PATH: programsWithoutPerl() };
		const pool = bench.pool({ engine, rscript: requireR() }, { environment });
		const alone = async () => (await bench.processes()).length <= 1;
		await bench.complete(pool, `system("setsid sleep 60 >/dev/null 2>&1 &")`);
		await until(alone, "R is alone after a run that completed");
		const script = `system("setsid sleep 60 &"); system("(setsid sh -c 'sleep 61 & sleep 62' &)"); repeat {}`;
		const { cause } = await pool.run(bench.request(script, { timeoutMs: 1_000 }));
		expect(cause?.code).toBe("R_TIMEOUT");
		await until(alone, "R is alone after a run that was ended");
		expect((await pool.run(bench.request("tools::pskill(Sys.getpid(), 9)"))).cause?.code).toBe("R_KILLED");
		await bench.complete(pool, "1");
	});
});
