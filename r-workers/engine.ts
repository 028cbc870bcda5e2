import { permanent, type WatchRabbitError } from "#core/errors.ts";
import type { AnalysisPool, AnalysisRequest } from "#core/ports/analysis-pool.ts";
import type { PoolSettings } from "#domain/settings.ts";
import type { WorkerCommand } from "./worker-process.ts";

export type EngineName = AnalysisPool["engine"];

export const startTimeoutMs = 120_000;

/** What every engine's process is told first, besides its nonce. */
export function startSettings({ preload, memoryBytes }: PoolSettings) {
	return { preload, memory_mb: memoryBytes === undefined ? null : memoryBytes / 2 ** 20 };
}

/** What makes a worker's process one of R in its own right, or of R in WebAssembly. */
export interface Engine {
	readonly name: EngineName;
	/** R that is not ready after this is killed: packages may take long to load. */
	readonly startTimeoutMs: number;
	/** Whether each run is in a fork of the process; else in the process itself, which then serves this one alone. */
	readonly forks: boolean;
	/** After so many a process is replaced by a new one ... */
	readonly runsPerProcess: number;
	/** ... and as soon as it takes more memory than this. */
	readonly bytesPerProcess: number;
	/** Processes at most, those that run and those that get ready, for so many workers ... */
	slots(workers: number): number;
	/** ... and how many of them are kept ready beside those that run. */
	warm(workers: number): number;
	/** The first line that the process is told, besides its nonce. */
	readonly settings: Readonly<Record<string, unknown>>;
	command(): WorkerCommand;
	/** A run as the process wants to be told of it. */
	line(request: AnalysisRequest): string;
	/** Called when the process is ready, before its first run. */
	limit(pid: number): Promise<void>;
	/** The error when there is no such program. */
	missing(): WatchRabbitError;
}

/** @throws WatchRabbitError R_CANNOT_HOLD (permanent) */
export function lineFor(engine: Engine, request: AnalysisRequest): string {
	try {
		return engine.line(request);
	} catch (cause) {
		if (!(cause instanceof RangeError)) throw cause;
		throw permanent("R_CANNOT_HOLD", `what the script is to be given cannot be given to R: ${cause.message}`, {
			cause,
			fix: "Take that character out of the pipeline's `params`, or out of the file's name.",
		});
	}
}
