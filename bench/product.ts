import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, openSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";

/** Built, as it is published: reading TypeScript costs time and 30 MB at each start. */
const entry = fileURLToPath(new URL("../dist/pipeline/app/bin.js", import.meta.url));

export interface Lab {
	readonly directory: string;
	/** Where the instrument writes. */
	readonly watched: string;
	readonly analysis: string;
}

/** A plain script, the same for us and for the peers: the mean of a column, written beside the name of its input. */
const meanScript = `args <- commandArgs(trailingOnly = TRUE)
data <- read.csv(args[1])
writeLines(format(mean(data$value), digits = 17), file.path(args[2], paste0(basename(args[1]), ".mean")))
`;

/** `services`: lines of configuration that name servers; without them it needs none. */
export function createLab(directory: string, quietMs: number, services = ""): Lab {
	const watched = join(directory, "data");
	mkdirSync(watched, { recursive: true });
	const analysis = join(directory, "mean.R");
	writeFileSync(analysis, meanScript);
	writeFileSync(
		join(directory, "watchrabbit.yaml"),
		`data: ./state
http: { listen: "127.0.0.1:0" }
sources:
  instrument:
    watch: ./data
    include: ["*.csv"]
    complete: { quiet: ${quietMs}ms }
pipelines:
  mean:
    from: instrument
    analysis: ./mean.R
pools:
  default: { workers: 2 }
${services}`,
	);
	return { directory, watched, analysis };
}

/** The kernel counts the time of processes in hundredths of a second. */
const msPerTick = 10;

interface Readiness {
	readonly checks: readonly { readonly name: string; readonly state: string }[];
}

export interface HowToRun {
	/** As on the command line. */
	readonly roles?: string;
	readonly environment?: Readonly<Record<string, string>>;
	/** A module that is loaded before it. */
	readonly before?: URL;
}

/** `up` in a process of its own, as people run it, over the lab's configuration. */
export class Product {
	readonly #child: ChildProcess;
	readonly #log: string;
	/** When it was started, on the clock of `performance.now()`. */
	readonly startedAt = performance.now();

	constructor(lab: Lab, { roles = "watch,flow,work,serve", environment = {}, before }: HowToRun = {}) {
		this.#log = join(lab.directory, `up-${roles}.log`);
		const log = openSync(this.#log, "w");
		const preload = before === undefined ? [] : ["--import", before.href];
		this.#child = spawn(process.execPath, [...preload, entry, "up", "--roles", roles], {
			cwd: lab.directory,
			env: { ...process.env, ...environment },
			stdio: ["ignore", log, log],
		});
	}

	/** Resolves when it says itself that every role is at work, with the address of its API. R may still be warming up. */
	async atWork(): Promise<string> {
		return await this.#healthy(({ name }) => name.startsWith("role "));
	}

	/** Resolves when it says itself that it is ready: every role is at work, and R is warm. */
	async ready(): Promise<string> {
		return await this.#healthy(() => true);
	}

	async #healthy(counts: (check: { readonly name: string }) => boolean): Promise<string> {
		for (;;) {
			if (this.#child.exitCode !== null) throw new Error(`up ended:\n${readFileSync(this.#log, "utf8").slice(-2000)}`);
			const address = / at (http:\/\/127\.0\.0\.1:\d+)/.exec(readFileSync(this.#log, "utf8"))?.[1];
			const answer = address === undefined ? undefined : await fetch(`${address}/health/ready`).catch(() => undefined);
			const { checks } = ((await answer?.json()) ?? { checks: [] }) as Readiness;
			const asked = checks.filter(counts);
			if (address !== undefined && asked.length > 0 && asked.every(({ state }) => state === "up")) return address;
			await pause(5);
		}
	}

	/** Resident memory of the program and of what it started, R left out: bytes. */
	residentBytes(): number {
		return processTree(this.#child.pid as number)
			.map((pid) => readFileSync(`/proc/${pid}/status`, "utf8"))
			.filter((status) => !/^Name:\s+(R|Rscript|sh)$/m.test(status))
			.map((status) => Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1] ?? 0) * 1024)
			.reduce((sum, bytes) => sum + bytes, 0);
	}

	/** Processor time of the program since it started, R left out: milliseconds. */
	processorMs(): number {
		const stat = readFileSync(`/proc/${this.#child.pid}/stat`, "utf8");
		const [user, system] = stat
			.slice(stat.lastIndexOf(")") + 2)
			.split(" ")
			.slice(11, 13)
			.map(Number) as [number, number];
		return (user + system) * msPerTick;
	}

	async stop(): Promise<void> {
		if (this.#child.exitCode !== null) return;
		this.#child.kill("SIGTERM");
		await once(this.#child, "exit");
	}
}

function processTree(pid: number): number[] {
	const children = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim();
	return [pid, ...(children === "" ? [] : children.split(" ").flatMap((child) => processTree(Number(child))))];
}

/** Every item of a resource of the API, page by page. */
export async function everyItem<T>(address: string, resource: string): Promise<T[]> {
	const items: T[] = [];
	for (let cursor: string | null = ""; cursor !== null; ) {
		const response = await fetch(`${address}/api/v1/${resource}?limit=1000${cursor && `&cursor=${cursor}`}`);
		const page = (await response.json()) as { readonly items: T[]; readonly next: string | null };
		items.push(...page.items);
		cursor = page.next;
	}
	return items;
}

/** How many jobs are in a state, as /metrics says. */
export async function jobsIn(address: string, state: string): Promise<number> {
	const metrics = await (await fetch(`${address}/metrics`)).text();
	return Number(new RegExp(`^watchrabbit_jobs\\{state="${state}"\\} (\\d+)`, "m").exec(metrics)?.[1] ?? 0);
}

/** Writes and closes a small file that no other equals. */
export function dropFile(folder: string, name: string): void {
	writeFileSync(join(folder, `${name}.csv`), `value\n1\n2\n3\n${process.hrtime.bigint()}\n`);
}
