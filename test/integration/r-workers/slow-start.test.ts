import { execFileSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { environmentFor } from "#domain/analysis-environment.ts";
import { forkEngine } from "#r-workers/fork-engine.ts";
import { SlotWorker } from "#r-workers/slot-worker.ts";
import { poolSettings } from "#test/support/pool-settings.ts";
import { RBench } from "#test/support/r-bench.ts";
import { describeWith, requireR } from "#test/support/services.ts";

let bench: RBench;
beforeEach(() => {
	bench = new RBench();
});
afterEach(() => bench.clean());

describeWith("r", "a package that does not come to an end of loading", () => {
	test("is named, with the time that it had", async () => {
		for (const directory of ["slow", "slow/R", "library"]) mkdirSync(join(bench.path, directory));
		bench.file("slow/DESCRIPTION", "Package: slow\nVersion: 1.0\nTitle: Slow\nDescription: Slow.\nLicense: GPL-3\n");
		bench.file("slow/NAMESPACE", "");
		bench.file("slow/R/load.R", ".onLoad <- function(...) Sys.sleep(600)\n");
		const library = join(bench.path, "library");
		const install = ["CMD", "INSTALL", "--no-test-load", "--no-docs", `--library=${library}`, join(bench.path, "slow")];
		execFileSync("R", install, { stdio: "ignore" });
		const engine = forkEngine(requireR(), poolSettings({ preload: ["stats", "slow"] }), {
			directory: join(bench.path, "pool"),
			dataDirectoryId: bench.id,
			environment: environmentFor(process.env, [], [library]),
		});
		const told: unknown[] = [];
		const worker = new SlotWorker(
			{ ...engine, startTimeoutMs: 3_000 },
			{ leftBehind: (error) => told.push(error), ended: () => told.push("ended"), usedUp: (why) => told.push(why) },
		);
		await expect(worker.start()).rejects.toMatchObject({
			code: "R_START_FAILED",
			message: "killed by us: R was not ready after 3 s: it was loading the package slow",
		});
		await worker.stop();
		expect(told).toEqual([]);
	});
});
