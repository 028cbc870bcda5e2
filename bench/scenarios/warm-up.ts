import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Asked, BenchPool, packages } from "../bench-pool.ts";
import { type Bench, type BenchContext, median } from "../harness.ts";
import { haveServices } from "../servers.ts";

const workers = 2;

/** webR has no packages beside R's own. */
const asked: readonly Asked[] = [
	{ engine: "fork", workers, preload: [] },
	{ engine: "fork", workers, preload: packages },
	{ engine: "spare", workers, preload: [] },
	{ engine: "spare", workers, preload: packages },
	{ engine: "wasm", workers, preload: [] },
];

/**
 * From nothing to the first worker that takes a run, and to the last: as many runs as there are workers are asked for at
 * once, and none ends before all have begun.
 */
export const bench: Bench = {
	id: "P5-WARM-UP",
	title: `a pool of ${workers} workers from nothing: the first ready, all ready`,
	async run(context) {
		if (!haveServices(["r", "ggplot2", "rmarkdown"], context.say)) return [];
		const script = join(context.directory, "sleep.R");
		writeFileSync(script, "Sys.sleep(600)\n");
		const ready = new Map<Asked, number[][]>(asked.map((pool) => [pool, []]));
		for (let round = 0; round < (context.quick ? 1 : 5); round++) {
			for (const pool of asked) ready.get(pool)?.push(await secondsToReady(pool, script, round, context));
		}
		return [...ready].flatMap(([{ engine, preload }, rounds]) =>
			["first worker ready", `all ${workers} ready`].map((what, at) => ({
				what: `${engine}${preload.length > 0 ? ` with ${preload.join(" and ")}` : ""}: ${what}`,
				value: median(rounds.map((seconds) => seconds[at] as number)),
				unit: "s",
				better: "lower" as const,
			})),
		);
	},
};

/** Of the first worker and of the last. */
async function secondsToReady(asked: Asked, script: string, round: number, context: BenchContext): Promise<number[]> {
	const named = `${asked.engine}-${asked.preload.length}-${round}`;
	const bench = await BenchPool.at(join(context.directory, named), asked);
	try {
		const startedAt = performance.now();
		const enough = new AbortController();
		const seconds: number[] = [];
		const begins = () => {
			seconds.push((performance.now() - startedAt) / 1000);
			if (seconds.length === asked.workers) enough.abort(new Error("all have begun"));
		};
		const runs = Array.from({ length: asked.workers }, () =>
			bench.pool.run(bench.request(script), enough.signal, begins),
		);
		for (const { cause } of await Promise.all(runs)) {
			if (!enough.signal.aborted) throw new Error(`a run ended before all had begun: ${cause?.message}`);
		}
		context.say(`${named}: ${seconds.map((s) => s.toFixed(2)).join(" s, ")} s`);
		return [seconds[0] as number, seconds.at(-1) as number];
	} finally {
		await bench.close();
	}
}
