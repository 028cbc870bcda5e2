import type { AttemptCause } from "#domain/job.ts";
import type { Artifact, Measurement, RVersion, Table } from "#domain/result.ts";

/** One run of an analysis. All paths are absolute and plain strings: what R cannot be given by name was linked before. */
export interface AnalysisRequest {
	/** For logs and markers; unique a run. */
	readonly id: string;
	/** Of a package's function its name, `pkg::fun`; of a folder that has functions and no script, its DESCRIPTION. */
	readonly script: string;
	/** For an analysis that is a folder: where that lies, as it was when the job was made, with the script in it ... */
	readonly root?: string;
	/** ... and the lab's own folder, whose library is used. */
	readonly project?: string;
	readonly inputs: readonly string[];
	/** Names of the inputs within the acquisition, in the same order. */
	readonly inputNames: readonly string[];
	readonly params: Readonly<Record<string, unknown>>;
	/** What belongs to it, relative to its root or else to the script's directory: put under the same names where it runs. */
	readonly files?: readonly string[];
	/** An empty directory of this run alone: `out/` is the script's, the rest is the pool's. The caller removes it. */
	readonly directory: string;
	readonly seed: number;
	readonly timeoutMs: number;
	/** Of those that wait for their turn the highest is the first. */
	readonly priority: number;
	readonly traceparent: string;
}

/** An artifact that lies in the run's directory. */
export interface LocalArtifact extends Artifact {
	readonly file: string;
}

/** A script; a function `analyze`; one of a package; reports: R Markdown, Quarto, a script for knitr::spin. */
const analysisKinds = ["script", "function", "package-function", "rmarkdown", "quarto", "spin"] as const;

export type AnalysisKind = (typeof analysisKinds)[number];

export function isAnalysisKind(word: string): word is AnalysisKind {
	return (analysisKinds as readonly string[]).includes(word);
}

/** What R did in the course of a run, in order, by R's own clock: milliseconds since the epoch. */
export interface RunStage {
	readonly name: "prepare" | "evaluate" | "outputs";
	readonly startMs: number;
	readonly endMs: number;
}

/** Exactly one comes back for every run, whatever happened in it. */
export interface AnalysisRecord {
	readonly outcome: "completed" | "failed" | "not-ready";
	/** Why, unless completed. */
	readonly cause: AttemptCause | undefined;
	/** For not-ready: milliseconds to wait, if the script said so. */
	readonly retryAfterMs: number | undefined;
	readonly measurements: readonly Measurement[];
	readonly tables: readonly Table[];
	/** Files in `out/` and what we wrote for tables and plots; the log is not among them. */
	readonly artifacts: readonly LocalArtifact[];
	/** As R prints them, with their calls. */
	readonly warnings: readonly string[];
	/** What was printed, both streams, bounded, with head and tail kept. */
	readonly log: string;
	readonly seconds: number;
	/** The largest resident set of the run's process; of webR, R's own heap, and null where the run was ended. */
	readonly peakMemoryBytes: number | null;
	readonly engine: string;
	readonly r: RVersion;
	readonly seed: number;
	/** What was recognised; undefined for a run that ended before that. */
	readonly kind: AnalysisKind | undefined;
	/** None of a run that left no record. */
	readonly stages: readonly RunStage[];
}

/** R, ready to work: `workers` runs at a time, each isolated from all others. */
export interface AnalysisPool {
	readonly name: string;
	readonly engine: "fork" | "spare" | "wasm";
	/** Why this engine, in plain words. */
	readonly why: string;
	/** Runs at a time, as it is now; further ones wait their turn inside `run`. */
	readonly workers: number;
	/** At this moment: runs that have a worker, workers that have none, and runs that wait for one. */
	readonly load: { readonly running: number; readonly idle: number; readonly waiting: number };
	/**
	 * Resolves when a worker can take a run: at once while one works. To be called again after it failed, and when runs came
	 * back with what it throws.
	 *
	 * @throws WatchRabbitError R_MISSING, R_PRELOAD_FAILED (permanent), R_START_FAILED (transient)
	 */
	start(): Promise<void>;
	/**
	 * Never rejects for what happens in R; rejects with POOL_CLOSED (transient) when the pool is closed meanwhile. `begins` is
	 * called when its turn has come, `progresses` as often as the script says how far it is (0 to 1).
	 */
	run(
		request: AnalysisRequest,
		signal?: AbortSignal,
		begins?: () => void,
		progresses?: (fraction: number, message: string) => void,
	): Promise<AnalysisRecord>;
	/** Ends runs after the grace (0 kills at once), then every process of the pool. Returns when none is left. */
	close(graceMs: number): Promise<void>;
}
