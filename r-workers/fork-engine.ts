import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { permanent } from "#core/errors.ts";
import type { PoolSettings } from "#domain/settings.ts";
import type { Engine } from "./engine.ts";
import type { Placement } from "./placement.ts";
import { rSourceDirectory } from "./r-sources.ts";
import { requestLiteral } from "./request-literal.ts";

const execute = promisify(execFile);

/**
 * The parent uses about 220 of its cells a run. It ends long before it has to collect them: after a collection the free
 * cells lie scattered over its pages, and every run copies half as many pages again.
 */
const runsPerProcess = 2_000;

/**
 * A warm R with the packages loaded, forked once a run. One thread in every numeric library: a fork copies the thread
 * that forks and no other, and one that waits for the others waits for ever.
 */
export function forkEngine(rscript: string, settings: PoolSettings, placement: Placement): Engine {
	const environment = {
		...placement.environment,
		OMP_NUM_THREADS: "1",
		OPENBLAS_NUM_THREADS: "1",
		MKL_NUM_THREADS: "1",
		LC_ALL: "C.UTF-8",
		LANGUAGE: "en",
		// What a short run costs is the pages that it touches first: no collection before it ends, and a heap in huge pages.
		R_NSIZE: "2000000",
		GLIBC_TUNABLES: "glibc.malloc.hugetlb=1",
	};
	const { memoryBytes } = settings;
	return {
		name: "fork",
		forks: true,
		runsPerProcess,
		warm: settings.workers,
		settings: {
			preload: settings.preload,
			memory_mb: memoryBytes === undefined ? null : memoryBytes / 2 ** 20,
		},
		command: () => ({
			...placement,
			file: rscript,
			arguments: [join(rSourceDirectory(), "fork.R")],
			environment,
			onePipe: true,
		}),
		line: requestLiteral,
		limit: async (pid) => {
			if (memoryBytes !== undefined) await limitAddressSpace(pid, memoryBytes);
		},
		missing: () =>
			permanent("R_MISSING", `there is no R: ${rscript} cannot be started`, {
				fix: "Install R (Debian, Ubuntu: apt install r-base-core), set the pool's `rscript`, or choose `engine: wasm`.",
			}),
	};
}

/**
 * R's own limit holds for R's vectors; this one for everything, C code included. What the warm process has mapped is
 * not counted. Without prlimit (util-linux) R's own limit is the only one.
 */
async function limitAddressSpace(pid: number, memoryBytes: number): Promise<void> {
	const mapped = 1024 * Number(/^VmSize:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "latin1"))?.[1]);
	await execute("prlimit", ["--pid", String(pid), `--as=${Math.round(mapped + memoryBytes)}`]).catch(() => {});
}
