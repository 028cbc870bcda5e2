import type { WatchRabbitError } from "#core/errors.ts";
import type { AnalysisPool, AnalysisRequest } from "#core/ports/analysis-pool.ts";
import type { PoolSettings } from "#domain/settings.ts";
import type { WorkerCommand } from "./worker-process.ts";

export type EngineName = AnalysisPool["engine"];

/** What every engine's process is told first, besides its nonce. */
export function startSettings({ preload, memoryBytes }: PoolSettings) {
	return { preload, memory_mb: memoryBytes === undefined ? null : memoryBytes / 2 ** 20 };
}

/** What makes a worker's process one of R in its own right, or of R in WebAssembly. */
export interface Engine {
	readonly name: EngineName;
	/** Whether each run is in a fork of the process; else in the process itself, which then serves this one alone. */
	readonly forks: boolean;
	/** After so many a process is replaced by a new one. */
	readonly runsPerProcess: number;
	/** Processes at most, those that run and those that get ready. */
	readonly slots: number;
	/** Workers kept ready beside those that run. */
	readonly warm: number;
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
