import { chmodSync, existsSync, renameSync } from "node:fs";
import { afterEach, beforeEach, expect, test } from "vitest";
import { RBench, until } from "#test/support/r-bench.ts";
import { describeWith, requireR } from "#test/support/services.ts";

let bench: RBench;
beforeEach(() => {
	bench = new RBench();
});
afterEach(() => bench.clean());

/** What a worker's warm R is to the script that it runs. */
const killsItsR = `tools::pskill(as.integer(sub("PPid:\\t", "", grep("^PPid", readLines("/proc/self/status"), value = TRUE))), 9L)
repeat Sys.sleep(1)`;
const waitsForGo = `repeat { if (file.exists(wr_params()$go)) break; Sys.sleep(0.02) }
wr_measure("done", 1)`;

describeWith("r", "R that cannot be started any more while it works", () => {
	let rscript: string;
	beforeEach(() => {
		rscript = bench.file("Rscript", `#!/bin/sh\nexec ${requireR()} "$@"\n`);
		chmodSync(rscript, 0o755);
	});
	const takeAway = () => renameSync(rscript, `${rscript}.aside`);
	const bringBack = () => renameSync(`${rscript}.aside`, rscript);
	const told = (name: string) => bench.reported.filter(({ event }) => event === name);

	test("costs a worker, and no run: those that wait go to the workers that are left", async () => {
		const pool = bench.pool({ engine: "fork", rscript, workers: 2 });
		await pool.start();
		await until(async () => (await bench.processes()).length === 4, "both workers are there, R and supervisor");
		await bench.complete(pool, "1");
		const go = `${bench.path}/go`;
		const first = bench.request(`file.create(file.path(commandArgs(TRUE), "begun"))\n${waitsForGo}`, {
			params: { go },
		});
		const running = pool.run(first);
		await until(() => existsSync(`${first.directory}/out/begun`), "the first run has begun");
		takeAway();
		expect((await pool.run(bench.request(killsItsR))).cause?.code).toBe("R_KILLED");
		const waiting = bench.complete(pool, "wr_measure('served', 1)");
		await until(() => told("pool.trouble").length > 0, "the other worker could not be started again");
		bench.file("go", "");
		expect((await running).outcome).toBe("completed");
		expect((await waiting).measurements).toHaveLength(1);
		bringBack();
		await until(() => told("pool.ready").length === 2, "it is told that all is well again");
	});

	test("is told to the runs that wait when no worker is left, and is no state for ever", async () => {
		const pool = bench.pool({ engine: "fork", rscript });
		await pool.start();
		takeAway();
		await pool.run(bench.request(killsItsR));
		expect((await pool.run(bench.request("1"))).cause?.code).toBe("R_MISSING");
		await expect(pool.start()).rejects.toMatchObject({ code: "R_MISSING" });
		bringBack();
		await pool.start();
		await bench.complete(pool, "1");
	});

	test("lets a second start wait for the first", async () => {
		const pool = bench.pool({ engine: "fork", rscript });
		await Promise.all([pool.start(), pool.start()]);
		expect(await bench.processes()).toHaveLength(2); // R and its supervisor
		expect(told("pool.ready")).toMatchObject([{ pool: "bench", engine: "fork", workers: 1 }]);
		await Promise.all([bench.complete(pool, "1"), pool.start()]);
	});
});
