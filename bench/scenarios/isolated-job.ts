import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { BenchPool, packages } from "../bench-pool.ts";
import type { Finding } from "../figure.ts";
import { type Bench, type BenchContext, median, quantile } from "../harness.ts";
import { startGroup } from "../peers/peer.ts";
import { WarmR, type Work } from "../peers/warm-r.ts";
import { haveServices } from "../servers.ts";

const loading = packages.map((name) => `library(${name})`).join("; ");

interface Peer {
	readonly work: Work;
	/** With what a job sees of the one before. */
	readonly name: string;
	readonly needs: Parameters<typeof haveServices>[0];
}

/** Others' ways to run a script in an R with the packages loaded. */
const peers: readonly Peer[] = [
	{ work: "callr::r", name: "callr::r (a new R a job)", needs: ["callr"] },
	{ work: "callr::r_session", name: "callr::r_session (nothing is isolated)", needs: ["callr"] },
	{ work: "Rserve", name: "Rserve (a fork a connection)", needs: ["rserve", "rsclient"] },
	{ work: "parallel::mcparallel", name: "mcparallel and mccollect (a plain fork)", needs: [] },
];

interface Candidate {
	readonly name: string;
	/** Jobs a round: few of the slow ones. */
	readonly jobs: number;
	/** Milliseconds of each. */
	times(jobs: number): Promise<number[]>;
	stop(): Promise<void>;
}

/**
 * A script that prints a word and does nothing else, in an R that has ggplot2 and rmarkdown loaded and in which no job
 * has run before; what it printed is brought back. All of its time is dispatch: ours from `pool.run` to the record, the
 * peers' from the call to what was printed, one job at a time. A cold Rscript loads the packages, and runs nothing.
 */
export const bench: Bench = {
	id: "P5",
	title: "an isolated job with ggplot2 and rmarkdown loaded: dispatch",
	async run(context) {
		if (!haveServices(["r", "ggplot2", "rmarkdown"], context.say)) return [];
		const script = join(context.directory, "done.R");
		writeFileSync(script, 'cat("done\\n")\n');
		const candidates: Candidate[] = [];
		try {
			for (const engine of ["fork", "spare"] as const) candidates.push(await ours(engine, script, context));
			for (const { work, needs } of peers) {
				if (haveServices(needs, context.say)) candidates.push(await beside(work, script, context));
			}
			candidates.push({ name: "cold", jobs: 1, times: async () => [coldStart()], stop: async () => {} });
			return findings(await measure(candidates, context));
		} finally {
			for (const candidate of candidates) await candidate.stop();
		}
	},
};

type Times = ReadonlyMap<string, readonly number[]>;

async function measure(candidates: readonly Candidate[], { quick, say }: BenchContext): Promise<Times> {
	const taken = new Map<string, number[]>(candidates.map(({ name }) => [name, []]));
	for (let round = -1; round < (quick ? 3 : 20); round++) {
		for (const { name, jobs, times } of candidates) {
			const ms = await times(jobs);
			if (round >= 0) taken.get(name)?.push(...ms);
		}
	}
	for (const [name, ms] of taken) {
		say(`${name}: ${ms.length} jobs, p50 ${median(ms).toFixed(2)} ms, p99 ${quantile(ms, 0.99).toFixed(2)} ms`);
	}
	return taken;
}

function findings(taken: Times): Finding[] {
	const at = (name: string, p: number) => quantile(taken.get(name) ?? [], p);
	const cold = { name: `cold Rscript -e '${loading}'`, value: at("cold", 0.5) };
	const time = (what: string, engine: string, p: number) =>
		({ what: `${what}, ${engine}`, value: at(engine, p), unit: "ms", better: "lower" }) as const;
	return [
		{ ...time("dispatch p50", "fork", 0.5), peer: cold, goal: { value: 5, ratio: 80 } },
		...peers.map(({ work, name }) => ({
			...time("dispatch p50", "fork", 0.5),
			peer: { name, value: taken.has(work) ? at(work, 0.5) : undefined },
		})),
		{
			...time("dispatch p99", "fork", 0.99),
			peer: { name: "a plain fork", value: at("parallel::mcparallel", 0.99) },
		},
		{ ...time("dispatch p50", "spare", 0.5), peer: cold },
		time("dispatch p99", "spare", 0.99),
	];
}

async function ours(engine: "fork" | "spare", script: string, { directory }: BenchContext): Promise<Candidate> {
	const bench = await BenchPool.at(join(directory, engine), { engine, workers: 1, preload: packages });
	const times = async (jobs: number) => {
		const ms: number[] = [];
		for (let job = 0; job < jobs; job++) {
			await bench.pool.start(); // the next spare gets ready outside of what is measured
			ms.push(await bench.run(script));
		}
		await bench.pool.start();
		return ms;
	};
	await times(1);
	return { name: engine, jobs: engine === "fork" ? 50 : 2, times, stop: () => bench.close() };
}

async function beside(work: Work, script: string, { directory }: BenchContext): Promise<Candidate> {
	const socket = join(directory, "rserve.socket");
	const serve = `${loading}; Rserve::run.Rserve(socket = "${socket}", remote = FALSE)`;
	const server = work === "Rserve" ? await startGroup("Rscript", ["-e", serve], /running Rserve/) : undefined;
	const warm = await WarmR.start(work, script, directory);
	const stop = async () => {
		await warm.stop();
		await server?.stop();
	};
	return { name: work, jobs: work === "callr::r" ? 2 : 50, times: (jobs) => warm.times(jobs), stop };
}

function coldStart(): number {
	const startedAt = performance.now();
	const { status } = spawnSync("Rscript", ["-e", loading], { stdio: "ignore" });
	if (status !== 0) throw new Error(`Rscript -e '${loading}' ended with ${status}`);
	return performance.now() - startedAt;
}
