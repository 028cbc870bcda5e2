import type { AnalysisPool } from "#core/ports/analysis-pool.ts";
import { environmentFor } from "#domain/analysis-environment.ts";
import type { Report } from "#domain/report.ts";
import type { PoolSettings } from "#domain/settings.ts";
import type { Engine } from "./engine.ts";
import { findProgram } from "./find-program.ts";
import { forkEngine } from "./fork-engine.ts";
import type { Placement } from "./placement.ts";
import { spareEngine } from "./spare-engine.ts";
import { wasmEngine } from "./wasm-engine.ts";
import { WorkerPool } from "./worker-pool.ts";

export interface PoolOptions extends Partial<Placement> {
	/** For the pipes and temporary files of its processes; made when missing, left empty. */
	readonly directory: string;
	/** `pool.trouble` when R does not start, once a cause; `pool.ready` when it does, at first and after trouble; `pool.leftover`. */
	readonly report: Report;
}

/** The pool of the settings, with the engine that they name, or that this machine allows. Nothing is started yet. */
export function createPool(settings: PoolSettings, options: PoolOptions): AnalysisPool {
	const environment = environmentFor(options.environment ?? process.env, settings.environment, settings.libraries);
	const placement = { dataDirectoryId: "none", ...options, environment };
	const { engine, why } = chooseEngine(settings, placement);
	return new WorkerPool(settings, engine, why, options.report);
}

function chooseEngine(settings: PoolSettings, placement: Placement): { engine: Engine; why: string } {
	const rscript = settings.rscript ?? findProgram("Rscript", placement.environment);
	const fork = () => forkEngine(rscript ?? "Rscript", settings, placement);
	if (settings.engine === "fork") return { engine: fork(), why: "the configuration says so" };
	if (settings.engine === "spare") {
		return { engine: spareEngine(rscript ?? "Rscript", settings, placement), why: "the configuration says so" };
	}
	if (settings.engine === "wasm") return { engine: wasmEngine(settings, placement), why: "the configuration says so" };
	if (rscript !== undefined) return { engine: fork(), why: `R is installed: ${rscript}` };
	return { engine: wasmEngine(settings, placement), why: "no Rscript in PATH: webR brings its own R" };
}
