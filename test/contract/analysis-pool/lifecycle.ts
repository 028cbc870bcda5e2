import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { RBench } from "#test/support/r-bench.ts";
import type { EngineCapabilities } from "../analysis-pool.ts";

export function describeLifecycle({ engine }: EngineCapabilities): void {
	describe("starts and closes", () => {
		let bench: RBench;
		beforeEach(() => {
			bench = new RBench();
		});
		afterEach(() => bench.clean());
		const closed = { class: "transient", code: "POOL_CLOSED" };

		test("closed before it was started, twice, and never to be started again", async () => {
			const pool = bench.pool({ engine });
			await Promise.all([pool.close(0), pool.close(1000)]);
			await expect(pool.start()).rejects.toMatchObject(closed);
			await expect(pool.run(bench.request("1"))).rejects.toMatchObject(closed);
		});

		test("closed while it starts", async () => {
			const pool = bench.pool({ engine });
			const started = expect(pool.start()).rejects.toMatchObject(closed);
			await pool.close(0);
			await started;
		});

		test("gives every run its turn, though it has fewer workers, and starts by itself", async () => {
			const pool = bench.pool({ engine, workers: 2 });
			const runs = [1, 2, 3, 4].map((n) => bench.complete(pool, "wr_measure('n', wr_params()$n)", { params: { n } }));
			const values = (await Promise.all(runs)).map(({ measurements }) => measurements[0]?.value);
			expect(values).toEqual([1, 2, 3, 4]);
		});

		test("gives the next turn to the highest priority, and among equals to the first", async () => {
			const pool = bench.pool({ engine });
			await pool.start();
			const begun: string[] = [];
			const run = (name: string, priority: number) =>
				pool.run(bench.request("Sys.sleep(0.1)", { priority }), undefined, () => begun.push(name));
			const [a, b] = [run("first", 5), run("second", 5)];
			await Promise.all([a, b, run("last", 0), run("late but urgent", 9)]);
			expect(begun).toEqual(["first", "late but urgent", "second", "last"]);
		});

		test("close waits for what is under way as long as it is told, and takes no more", async () => {
			const pool = bench.pool({ engine });
			await pool.start();
			const running = bench.complete(pool, "Sys.sleep(0.5); wr_measure('done', 1)");
			const waiting = expect(pool.run(bench.request("1"))).rejects.toMatchObject(closed);
			await pool.close(30_000);
			expect((await running).measurements).toHaveLength(1);
			await waiting;
		});

		test("started, used and closed at any moment, it leaves nothing, and every run is told how it ended", async () => {
			const afterMs = engine !== "wasm" ? [0, 5, 40, 90, 150, 220, 300, 400] : [0, 900];
			for (const ms of afterMs) {
				const pool = bench.pool({ engine, workers: 2 });
				const started = pool.start().catch((error) => error.code);
				const script = "Sys.sleep(0.05)";
				const runs = [1, 2, 3].map(() => pool.run(bench.request(script)).catch((error) => error.code));
				await new Promise((resolve) => setTimeout(resolve, ms));
				await Promise.all([pool.close(0), pool.close(0)]);
				expect(["POOL_CLOSED", undefined]).toContain(await started);
				for (const ended of await Promise.all(runs))
					expect(["POOL_CLOSED", "completed"]).toContain(ended.outcome ?? ended);
				expect(await bench.processes()).toEqual([]);
			}
		});

		test("close without grace ends the run under way", async () => {
			const pool = bench.pool({ engine });
			await pool.start();
			const running = expect(pool.run(bench.request("repeat {}"))).rejects.toMatchObject(closed);
			await pool.close(0);
			await running;
			expect(await bench.processes()).toEqual([]);
		});

		test("a run that loops for ever is ended when the grace is over", async () => {
			const pool = bench.pool({ engine });
			await pool.start();
			const running = expect(pool.run(bench.request("repeat {}"))).rejects.toMatchObject(closed);
			await pool.close(100);
			await running;
			expect(await bench.processes()).toEqual([]);
		});

		test("a package to preload that is not there is named", async () => {
			const pool = bench.pool({ engine, preload: ["stats", "no.such.package"] });
			await expect(pool.start()).rejects.toMatchObject({
				class: "permanent",
				code: "R_PRELOAD_FAILED",
				message: expect.stringMatching(/^the package no\.such\.package cannot be loaded: /),
			});
			const { cause } = await pool.run(bench.request("1"));
			expect(cause?.code).toBe("R_PRELOAD_FAILED");
		});
	});
}
