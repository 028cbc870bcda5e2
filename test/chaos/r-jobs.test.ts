import { existsSync, readdirSync, readFileSync, readlinkSync, rmSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import type { AnalysisPool, AnalysisRecord } from "#core/ports/analysis-pool.ts";
import { RBench, until } from "#test/support/r-bench.ts";
import { seededRandom } from "#test/support/seeded-random.ts";
import { describeWith } from "#test/support/services.ts";
import { temporaryDirectory } from "#test/support/temporary-directory.ts";
import { drawJobs, leftBehindSleeps, plainJob, poolMemoryBytes, poolOutputBytes, type RJob } from "./r-job-kinds.ts";

const { WATCHRABBIT_CHAOS_SEED, WATCHRABBIT_CHAOS_R_JOBS: asked } = process.env;
const seed = Number(WATCHRABBIT_CHAOS_SEED ?? Date.now() % 1_000_000);
const workers = 3;
/** `npm test` has the time for a part of them: WATCHRABBIT_CHAOS_R_JOBS is how many of each engine. */
const counts = { fork: 150, spare: 60, wasm: 16 } as const;
const mostMsAJob = 20_000;

/**
 * What may be more afterwards than before. What a run holds here, if it were kept, would be 10 KB (a request, a record) to
 * 256 KB (a long log) each: at 1,000 jobs more than this; what a vitest worker does by itself moved its heap by 12 MB.
 * A warm R uses about 12 KB of its heap a run.
 */
const mostHeapBytes = 24 * 2 ** 20;
const mostWarmBytes = 48 * 2 ** 20;
const mostRestlessBytes = 2 ** 20;

for (const engine of ["fork", "spare", "wasm"] as const) {
	const count = asked === undefined ? counts[engine] : Number(asked);
	const body = () => describeJobs(engine, count);
	if (engine === "wasm") describe(titleOf(engine, count), body);
	else describeWith("r", titleOf(engine, count), body);
}

function titleOf(engine: string, count: number): string {
	return `${count} random jobs, engine ${engine} (WATCHRABBIT_CHAOS_SEED=${seed})`;
}

function describeJobs(engine: "fork" | "spare" | "wasm", count: number): void {
	/** Of this process and of all R: what is left in it was left by us. */
	let temporary: ReturnType<typeof temporaryDirectory>;
	let bench: RBench;
	let pool: AnalysisPool;
	beforeAll(async () => {
		temporary = temporaryDirectory();
		vi.stubEnv("TMPDIR", temporary.path);
		bench = new RBench();
		pool = bench.pool({ engine, workers, memoryBytes: poolMemoryBytes, outputBytes: poolOutputBytes });
	});
	afterAll(async () => {
		for (const pid of leftSleeping()) process.kill(Number(pid), "SIGKILL");
		if (existsSync(bench.path)) await bench.clean();
		vi.unstubAllEnvs();
		temporary.remove();
	});

	it(
		"have one record each with the right cause, and leave a healthy pool and nothing else",
		async () => {
			const random = seededRandom(seed + engine.length);
			const jobs = drawJobs(engine, count, random);
			const [descriptorsBefore, childrenBefore] = [descriptors(), children()];
			await pool.start();
			await expectHealthy(bench, pool);
			const [heapBefore, warmBefore] = [heapBytes(), await warmBytes(bench)];

			const startedAt = performance.now();
			const wrong: string[] = [];
			const waiting = jobs.entries();
			const runSome = async () => {
				for (const [n, job] of waiting) {
					const said = wrongIn(job, await runJob(bench, pool, job));
					if (said.length > 0) wrong.push(`job ${n}, ${job.kind}: ${said.join("; ")}\n${job.script}`);
				}
			};
			await Promise.all(Array.from({ length: workers + 2 }, runSome));
			expect(wrong).toEqual([]);
			const seconds = Math.round((performance.now() - startedAt) / 1000);

			await expectHealthy(bench, pool);
			await until(() => leftSleeping().length === 0, "everything is gone that jobs left behind them");
			const warmMore = (await warmBytes(bench)) - warmBefore;
			expect(warmMore).toBeLessThan(mostWarmBytes);
			await bench.clean(); // asserts that neither process nor file of the pool is left
			expect(leftSleeping()).toEqual([]);
			expect(children()).toEqual(childrenBefore);
			expect(readdirSync(temporary.path)).toEqual([]);
			const heapMore = heapBytes() - heapBefore;
			expect(heapMore).toBeLessThan(mostHeapBytes);
			expect(descriptors()).toEqual(descriptorsBefore);
			console.log(
				`${count} jobs on ${engine}: ${seconds} s, more heap ${inMb(heapMore)}, more of a warm R ${inMb(warmMore)}`,
			);
		},
		count * mostMsAJob,
	);
}

function inMb(bytes: number): string {
	return `${(bytes / 2 ** 20).toFixed(1)} MB`;
}

async function runJob(bench: RBench, pool: AnalysisPool, job: RJob): Promise<AnalysisRecord> {
	const request = bench.request(job.script, job.given);
	const lease = new AbortController();
	const timer = job.cancelAfterMs && setTimeout(() => lease.abort(new Error("the lease was lost")), job.cancelAfterMs);
	try {
		const record = await pool.run(request, lease.signal);
		clearTimeout(timer);
		return record;
	} finally {
		rmSync(request.directory, { recursive: true });
		rmSync(request.script);
	}
}

/** What of a record is not as it has to be. */
function wrongIn({ expected }: RJob, record: AnalysisRecord): string[] {
	const { outcome, cause, warnings, measurements, artifacts, log } = record;
	const told = cause && `${cause.code} ${cause.class}`;
	const wrong =
		told === expected.cause && outcome === expected.outcome ? [] : [`${outcome}, ${told}: ${cause?.message}`];
	if (expected.message !== undefined && cause?.message !== expected.message) wrong.push(`message ${cause?.message}`);
	if (expected.value !== undefined && measurements.at(-1)?.value !== expected.value) wrong.push("measurements");
	if (expected.warnings !== undefined && String(warnings) !== String(expected.warnings))
		wrong.push(`warnings ${warnings}`);
	if (expected.log !== undefined && !expected.log.test(log)) wrong.push("log");
	if (expected.artifact !== undefined) {
		const { name, size } = expected.artifact;
		if (!artifacts.some((artifact) => artifact.name === name && artifact.size === size)) wrong.push("artifacts");
	}
	if (!(record.seconds >= 0) || record.seed === 0 || record.engine === "") wrong.push("what every record has");
	return wrong.length > 0 ? [...wrong, `log ${JSON.stringify(log.slice(-300))}`] : wrong;
}

async function expectHealthy(bench: RBench, pool: AnalysisPool): Promise<void> {
	const records = await Promise.all(Array.from({ length: workers }, () => bench.complete(pool, plainJob.script)));
	for (const { measurements } of records) {
		const [sum, pi] = measurements.map(({ value }) => Number(value));
		expect(sum).toBeCloseTo(plainJob.sum, 12);
		expect(pi).toBe(Math.PI);
	}
}

/** Known by what they were started with alone: neither session, parent nor environment need be ours. */
function leftSleeping(): string[] {
	return pids().filter((pid) => readOf(pid, "cmdline").includes(leftBehindSleeps));
}

/** A file of /proc; empty where the process has gone. */
function readOf(pid: number | string, file: string): string {
	try {
		return readFileSync(`/proc/${pid}/${file}`, "latin1");
	} catch {
		return "";
	}
}

/** Zombies as well. */
function children(): string[] {
	return pids().filter((pid) => parentOf(pid) === process.pid);
}

function parentOf(pid: string): number {
	const stat = readOf(pid, "stat");
	return Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]);
}

function pids(): string[] {
	return readdirSync("/proc").filter((name) => /^\d+$/.test(name));
}

/** How many files, pipes and sockets this process has open, by what they are. */
function descriptors(): Readonly<Record<string, number>> {
	const open = readdirSync("/proc/self/fd").flatMap((fd) => {
		try {
			return [readlinkSync(`/proc/self/fd/${fd}`).replace(/:?\[?\d*\]?$/, "")];
		} catch {
			return []; // the one that lists them
		}
	});
	const byKind = [...Map.groupBy(open, (what) => what)];
	return Object.fromEntries(byKind.map(([what, { length }]) => [what, length]));
}

function heapBytes(): number {
	setFlagsFromString("--expose-gc");
	runInNewContext("gc")();
	const { heapUsed, external } = process.memoryUsage();
	return heapUsed + external;
}

/**
 * Resident memory of the largest warm R, at rest: one that forks is as old as its pool, or as the last one that was killed;
 * where each run has its own, that which starts ahead of the next one grows for some seconds from next to nothing.
 */
async function warmBytes(bench: RBench): Promise<number> {
	let bytes = 0;
	await until(async () => {
		const before = bytes;
		await pause(1_000);
		bytes = await largestBytes(bench);
		return bytes - before < mostRestlessBytes;
	}, "no warm R grows any more");
	return bytes;
}

async function largestBytes(bench: RBench): Promise<number> {
	const each = (await bench.processes()).map((pid) => {
		const status = readOf(pid, "status");
		return 1024 * Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1] ?? 0);
	});
	return Math.max(...each);
}
