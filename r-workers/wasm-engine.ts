import { extname } from "node:path";
import { fileURLToPath } from "node:url";
import { fault } from "#core/errors.ts";
import type { AnalysisRequest } from "#core/ports/analysis-pool.ts";
import type { PoolSettings } from "#domain/settings.ts";
import { type Engine, startSettings, startTimeoutMs } from "./engine.ts";
import { limit } from "./limits.ts";
import type { Placement } from "./placement.ts";
import { requestLiteral } from "./request-literal.ts";
import { mountsFor, withRealPaths } from "./wasm-files.ts";
import type { WasmLine } from "./wasm-line.ts";

/**
 * R in WebAssembly, in a Node process of its own that serves one run: what a script did to it goes with it, an endless
 * loop can be killed, and its memory (some 0.5 GB) comes back. One is kept ready ahead of the next run.
 */
export function wasmEngine(settings: PoolSettings, placement: Placement): Engine {
	const host = fileURLToPath(new URL(`./wasm-host${extname(import.meta.url)}`, import.meta.url));
	return {
		name: "wasm",
		startTimeoutMs,
		forks: false,
		runsPerProcess: 1,
		bytesPerProcess: Number.POSITIVE_INFINITY,
		slots: (workers) => workers,
		warm: () => 1,
		settings: startSettings(settings),
		command: () => ({ ...placement, file: process.execPath, arguments: [host], startsPrograms: false }),
		line: (request) => JSON.stringify(wasmLine(withRealPaths(request))),
		// Its memory is that of WebAssembly; Node itself maps more than any limit that one would set.
		limit: (pid) => limit(pid, settings, { memory: false }),
		missing: () => fault("R_MISSING", `${process.execPath} cannot be started`),
	};
}

function wasmLine(request: AnalysisRequest): WasmLine {
	return { request: requestLiteral(request), mounts: mountsFor(request) };
}
