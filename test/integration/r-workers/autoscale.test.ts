import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { processEntry } from "#r-workers/processes.ts";
import { RBench, until } from "#test/support/r-bench.ts";
import { describeWith } from "#test/support/services.ts";

let bench: RBench;
beforeEach(() => {
	bench = new RBench();
});
afterEach(() => bench.clean());

describeWith("r", "a pool between two bounds", () => {
	test.each(["fork", "spare"] as const)(
		"has more workers while runs wait, and fewer when they idle (%s)",
		async (engine) => {
			const pool = bench.pool({ engine, workers: 3, autoscale: { least: 1, waitMs: 100 } });
			await pool.start();
			expect(bench.reported.at(-1)).toMatchObject({ event: "pool.ready", workers: 1 });
			const sizes = () => bench.reported.flatMap((told) => (told.event === "pool.resized" ? [told.workers] : []));
			const go = join(bench.path, "go");
			const request = () =>
				bench.request(
					`file.create(file.path(commandArgs(TRUE), "begun"))\nwhile (!file.exists("${go}")) Sys.sleep(0.02)`,
				);
			const requests = Array.from({ length: 5 }, request);
			const runs = requests.map((one) => pool.run(one));
			const begun = () => requests.filter(({ directory }) => existsSync(join(directory, "out/begun"))).length;
			await until(() => begun() === 3, "three run at a time");
			expect(sizes()).toEqual([2, 3]);
			writeFileSync(go, "");
			expect((await Promise.all(runs)).map(({ outcome }) => outcome)).toEqual(Array(5).fill("completed"));
			await until(() => sizes().length === 4, "two have gone");
			expect(sizes()).toEqual([2, 3, 2, 1]);
			await until(async () => (await bench.processes()).length <= 2, "their processes too");
			await bench.complete(pool, "1");
		},
	);

	test("ends what idles also while another one works", async () => {
		const pool = bench.pool({ engine: "fork", workers: 3, autoscale: { least: 1, waitMs: 100 } });
		const go = join(bench.path, "go");
		const long = pool.run(bench.request(`while (!file.exists("${go}")) Sys.sleep(0.02)`));
		await Promise.all([1, 2, 3, 4].map(() => bench.complete(pool, "Sys.sleep(0.5)")));
		const warm = async () => {
			const leaders = (await bench.processes()).map((pid) => processEntry(pid)?.session);
			return new Set(leaders).size;
		};
		await until(async () => (await warm()) === 1, "the one that works is the only one");
		writeFileSync(go, "");
		expect((await long).outcome).toBe("completed");
	});
});
