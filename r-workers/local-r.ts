import { join } from "node:path";
import { permanent } from "#core/errors.ts";
import type { PoolSettings } from "#domain/settings.ts";
import { type Engine, startSettings, startTimeoutMs } from "./engine.ts";
import { limit } from "./limits.ts";
import type { Placement } from "./placement.ts";
import { rSourceDirectory, rSourceFiles } from "./r-sources.ts";
import { requestLiteral } from "./request-literal.ts";
import type { WorkerCommand } from "./worker-process.ts";

/** What engines that run an R of this machine have in common. */
export function localR(
	name: "fork" | "spare",
	rscript: string,
	settings: PoolSettings,
	placement: Placement,
): Pick<Engine, "name" | "startTimeoutMs" | "settings" | "command" | "line" | "limit" | "missing"> {
	return {
		name,
		startTimeoutMs,
		settings: startSettings(settings),
		command: () => commandOf(name, rscript, placement),
		line: requestLiteral,
		limit: (pid) => limit(pid, settings, { memory: true }),
		missing: () =>
			permanent("R_MISSING", `there is no R: ${rscript} cannot be started`, {
				fix: "Install R (Debian, Ubuntu: apt install r-base-core), set the pool's `rscript`, or choose `engine: wasm`.",
			}),
	};
}

/**
 * A warm R of this machine. One thread in every numeric library: a fork copies the thread that forks and no other, and
 * one that waits for the others waits for ever; and workers beside one another share the cores already.
 */
function commandOf(engine: "fork" | "spare", rscript: string, placement: Placement): WorkerCommand {
	const environment = {
		...placement.environment,
		OMP_NUM_THREADS: "1",
		OPENBLAS_NUM_THREADS: "1",
		MKL_NUM_THREADS: "1",
		LC_ALL: "C.UTF-8",
		LANGUAGE: "en",
		// What a short run costs is the pages that it touches first: no collection before it ends (the first of a fork touches
		// all of its parent's heap), and a heap in huge pages. Of a parent that collected once before its first fork every
		// run copies half as many pages again. R collects at 10 million cells or 300 MB of vectors, and where memory is short.
		R_NSIZE: "10000000",
		R_VSIZE: "300000000",
		GLIBC_TUNABLES: "glibc.malloc.hugetlb=1",
	};
	const script = join(rSourceDirectory(), "fork.R");
	const told = [script, engine, ...rSourceFiles("parent.R")];
	return { ...placement, file: rscript, arguments: told, environment, startsPrograms: true };
}
