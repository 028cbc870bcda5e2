import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { BenchPool, packages } from "../bench-pool.ts";
import type { Finding } from "../figure.ts";
import { type Bench, type BenchContext, median } from "../harness.ts";
import { haveServices } from "../servers.ts";

/** Megabytes of one process, by /proc/PID/smaps_rollup; what several share is counted in each that shares it. */
interface Memory {
	readonly shared: number;
	readonly private: number;
}

interface Worker {
	/** The process that is kept warm, while no run is in it. */
	readonly warm: Memory;
	/** The same while a run is under way ... */
	readonly meanwhile: Memory;
	/** ... and the run's own process, which only a fork has. */
	readonly run: Memory | undefined;
}

/**
 * What a worker holds with ggplot2 and rmarkdown loaded (webR: R alone), at rest and while a small script runs. One worker, so
 * that what a process shares with another it shares with its parent or its fork, files of R itself left aside.
 */
export const bench: Bench = {
	id: "P5-MEMORY",
	title: "memory of a worker, shared and private",
	async run(context) {
		if (!haveServices(["r", "ggplot2", "rmarkdown"], context.say)) return [];
		const findings: Finding[] = [];
		for (const engine of ["fork", "spare", "wasm"] as const) {
			const workers: Worker[] = [];
			for (let round = 0; round < (context.quick ? 1 : 5); round++) workers.push(await look(engine, round, context));
			const row = (what: string, of: (worker: Worker) => Memory | undefined) =>
				(["shared", "private"] as const).flatMap((kind): Finding[] => {
					const values = workers.flatMap((worker) => of(worker)?.[kind] ?? []);
					if (values.length === 0) return [];
					return [{ what: `${engine}: ${what}, ${kind}`, value: median(values), unit: "MB", better: "lower" }];
				});
			findings.push(
				...row("at rest", ({ warm }) => warm),
				...row(
					engine === "fork" ? "the parent while a run is under way" : "while a run is under way",
					({ meanwhile }) => meanwhile,
				),
				...row("the run", ({ run }) => run),
			);
		}
		return findings;
	},
};

async function look(engine: "fork" | "spare" | "wasm", round: number, { directory }: BenchContext): Promise<Worker> {
	const preload = engine === "wasm" ? [] : packages;
	const bench = await BenchPool.at(join(directory, `${engine}-${round}`), { engine, workers: 1, preload });
	const script = join(directory, "half.R");
	writeFileSync(script, "x <- rnorm(1000)\nprint(summary(x))\nwr_progress(0.5)\nSys.sleep(600)\n");
	try {
		await bench.pool.start();
		const [pid] = workersOf(process.pid);
		if (pid === undefined) throw new Error(`no process of the engine ${engine} was found`);
		const warm = memoryOf(pid);
		const enough = new AbortController();
		const half = Promise.withResolvers<void>();
		const ended = bench.pool.run(
			bench.request(script),
			enough.signal,
			() => {},
			() => half.resolve(),
		);
		await Promise.race([half.promise, ended]);
		const [child] = workersOf(pid);
		const meanwhile = memoryOf(pid);
		const run = child === undefined ? undefined : memoryOf(child);
		enough.abort(new Error("seen"));
		await ended;
		return { warm, meanwhile, run };
	} finally {
		await bench.close();
	}
}

/** The processes of R, or of webR's Node, that a process started, some of them by the supervisor of R. */
function workersOf(pid: number): number[] {
	const children = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8")
		.trim()
		.split(" ")
		.filter(Boolean)
		.map(Number);
	return children.flatMap((child) => {
		const name = readFileSync(`/proc/${child}/comm`, "utf8").trim();
		if (name === "perl") return workersOf(child);
		return /^(R|node.*)$/.test(name) ? [child] : [];
	});
}

function memoryOf(pid: number): Memory {
	const text = readFileSync(`/proc/${pid}/smaps_rollup`, "utf8");
	const sum = (kind: string) =>
		[...text.matchAll(new RegExp(`^${kind}_(?:Clean|Dirty):\\s+(\\d+) kB`, "gm"))].reduce(
			(all, [, kB]) => all + Number(kB) * 1024,
			0,
		) / 1e6;
	return { shared: sum("Shared"), private: sum("Private") };
}
