import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { Finding } from "./figure.ts";

/**
 * A bench is a file in `micro/` or `scenarios/` that exports `bench`. It runs in a process of its own (with `gc()`
 * exposed), so that no bench meets the compiled code or the heap of another.
 */
export interface Bench {
	/** As on the command line: P1, P3, ... */
	readonly id: string;
	readonly title: string;
	run(context: BenchContext): Promise<readonly Finding[]>;
}

export interface BenchContext {
	/** Smaller numbers of files and rounds: is it still in the region? */
	readonly quick: boolean;
	/** An empty directory on a real disk, removed afterwards. */
	readonly directory: string;
	/** Progress, for the person who waits; goes to stderr. */
	readonly say: (line: string) => void;
}

export interface Rounds {
	readonly warmUps: number;
	readonly rounds: number;
}

/**
 * Runs the candidates in turn, round by round, so that a slow moment of the machine meets all of them, and gives the
 * median of what each returned. Warm-up rounds are thrown away.
 */
export async function compare<Name extends string>(
	candidates: Readonly<Record<Name, () => number | Promise<number>>>,
	{ warmUps, rounds }: Rounds,
): Promise<Readonly<Record<Name, number>>> {
	const names = Object.keys(candidates) as Name[];
	const values = new Map<Name, number[]>(names.map((name) => [name, []]));
	for (let round = -warmUps; round < rounds; round++) {
		for (const name of names) {
			const value = await candidates[name]();
			if (round >= 0) values.get(name)?.push(value);
		}
	}
	return Object.fromEntries(names.map((name) => [name, median(values.get(name) ?? [])])) as Record<Name, number>;
}

export function median(values: readonly number[]): number {
	return quantile(values, 0.5);
}

/** Linear interpolation between the closest ranks (R's type 7). */
export function quantile(values: readonly number[], p: number): number {
	if (values.length === 0) throw new RangeError("No values to take a quantile of");
	const sorted = values.toSorted((a, b) => a - b);
	const position = (sorted.length - 1) * p;
	const below = sorted[Math.floor(position)] as number;
	const above = sorted[Math.ceil(position)] as number;
	return below + (above - below) * (position - Math.floor(position));
}

/**
 * Runs a script in a fresh process, for figures that belong to a whole process (resident memory, time to ready). The
 * script calls `isolatedInput` for what it was given and `isolatedResult` once; its process is then ended.
 */
export function isolated<Result>(script: URL, input: unknown = null): Promise<Result> {
	return new Promise((resolve, reject) => {
		const child = fork(fileURLToPath(script), [JSON.stringify(input)], {
			execArgv: ["--conditions=source", "--expose-gc"],
			stdio: ["ignore", "inherit", "inherit", "ipc"],
		});
		child.once("message", (message) => {
			resolve(message as Result);
			child.kill("SIGKILL");
		});
		child.once("error", reject);
		child.once("exit", (code, signal) =>
			reject(new Error(`${script.pathname} ended (${signal ?? code}) without a result`)),
		);
	});
}

export function isolatedInput<Input>(): Input {
	return JSON.parse(process.argv[2] ?? "null") as Input;
}

export function isolatedResult(result: unknown): void {
	process.send?.(result);
}
