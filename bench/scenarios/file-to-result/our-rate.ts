import { setTimeout as pause } from "node:timers/promises";
import type { BenchContext } from "../../harness.ts";
import { dropFile, everyItem, type HowToRun, jobsIn, type Lab, Product } from "../../product.ts";

/** Not more often than that: what is asked costs the product as well, and the figure goes by when results were committed. */
const askEveryMs = 500;

type Observed = HowToRun & {
	readonly atWork?: (address: string) => void;
	/** What the files took of the processor, R left out: milliseconds a file. */
	readonly took?: (processorMs: number) => void;
};

/** Files a second, from the first file dropped to the last committed result, after one file to warm up. */
export async function ourRate(
	lab: Lab,
	files: number,
	{ say }: BenchContext,
	{ atWork, took, ...how }: Observed = {},
): Promise<number> {
	const product = new Product(lab, how);
	try {
		const address = await product.ready();
		atWork?.(address);
		dropFile(lab.watched, "warm-up");
		while ((await jobsIn(address, "completed")) < 1) await pause(50);
		const startedAt = Date.now();
		const usedBefore = product.processorMs();
		for (let i = 0; i < files; i++) dropFile(lab.watched, `plate-${i}`);
		while ((await jobsIn(address, "completed")) < files + 1) {
			if ((await jobsIn(address, "dead")) > 0) throw new Error("a job died: the figure would be wrong");
			await pause(askEveryMs);
		}
		took?.((product.processorMs() - usedBefore) / files);
		const results = await everyItem<{ readonly completedAt: string }>(address, "results");
		const endedAt = Math.max(...results.map(({ completedAt }) => Date.parse(completedAt)));
		return told(say, "watchrabbit", files, (endedAt - startedAt) / 1000);
	} finally {
		await product.stop();
	}
}

export function told(say: BenchContext["say"], name: string, files: number, seconds: number): number {
	const rate = files / seconds;
	say(`${name}: ${files} files in ${seconds.toFixed(1)} s, ${rate.toFixed(1)} files/s`);
	return rate;
}
