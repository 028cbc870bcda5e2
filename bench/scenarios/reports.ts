import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { BenchPool, packages } from "../bench-pool.ts";
import { type Bench, type BenchContext, compare } from "../harness.ts";
import { WarmR } from "../peers/warm-r.ts";
import { haveServices } from "../servers.ts";

const atATime = 2;

const report = `---
title: One plot
output: html_document
---

\`\`\`{r}
library(ggplot2)
ggplot(mtcars, aes(wt, mpg)) + geom_point()
\`\`\`
`;

/**
 * The same report of one plot, rendered again and again, two at a time. Ours render each in a process of its own, from a
 * copy of its own, into one file. The peer is what a shell does; it gets fewer reports, because it is slow and its rate
 * does not depend on how many there are. Two warm R that render in themselves isolate nothing: the most there is to reach.
 */
export const bench: Bench = {
	id: "P6",
	title: "R Markdown reports a minute, two at a time",
	async run(context) {
		if (!haveServices(["r", "ggplot2", "rmarkdown"], context.say)) return [];
		const { reports, cold, rounds } = context.quick
			? { reports: 10, cold: 4, rounds: 1 }
			: { reports: 60, cold: 16, rounds: 5 };
		const { directory } = context;
		const file = join(directory, "report.Rmd");
		writeFileSync(file, report);
		const pool = await BenchPool.at(join(directory, "fork"), { engine: "fork", workers: atATime, preload: packages });
		const warm: WarmR[] = [];
		try {
			for (const own of ownDirectories(directory, "warm", atATime, file)) {
				warm.push(await WarmR.start("rmarkdown::render", join(own, "report.Rmd"), own));
			}
			const each = (count: number, render: (count: number) => unknown) => () => aMinute(count, render, context);
			const rates = await compare(
				{
					ours: each(reports, (count) => Promise.all(Array.from({ length: count }, () => pool.run(file)))),
					cold: each(cold, (count) => coldLoop(directory, count, file)),
					inProcess: each(reports, (count) => Promise.all(warm.map((r) => r.times(count / atATime)))),
				},
				{ warmUps: 1, rounds },
			);
			const ours = {
				what: `one-plot reports, fork, ${atATime} workers`,
				value: rates.ours,
				unit: "a minute",
				better: "higher",
			} as const;
			const peer = `xargs -P${atATime} Rscript -e 'rmarkdown::render(...)'`;
			return [
				{ ...ours, peer: { name: peer, value: rates.cold }, goal: { ratio: 3 } },
				{ ...ours, peer: { name: "two warm R, nothing isolated", value: rates.inProcess } },
			];
		} finally {
			for (const r of warm) await r.stop();
			await pool.close();
		}
	},
};

async function aMinute(count: number, render: (count: number) => unknown, { say }: BenchContext): Promise<number> {
	const startedAt = performance.now();
	await render(count);
	const seconds = (performance.now() - startedAt) / 1000;
	say(`${count} reports in ${seconds.toFixed(2)} s`);
	return (60 * count) / seconds;
}

/** Each report lies in a directory of its own: side by side, two renders take each other's figures. */
function coldLoop(directory: string, count: number, file: string): void {
	const input = ownDirectories(directory, "cold", count, file).join("\n");
	const render = ["-I{}", "Rscript", "-e", 'rmarkdown::render("{}/report.Rmd", quiet = TRUE)'];
	const { status, stderr } = spawnSync("xargs", [`-P${atATime}`, ...render], { input, encoding: "utf8" });
	if (status !== 0) throw new Error(`xargs ended with ${status}: ${stderr}`);
}

function ownDirectories(directory: string, name: string, count: number, file: string): string[] {
	return Array.from({ length: count }, (_, at) => {
		const own = join(directory, `${name}-${at}`);
		mkdirSync(own, { recursive: true });
		cpSync(file, join(own, "report.Rmd"));
		return own;
	});
}
