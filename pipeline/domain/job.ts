import { createHash } from "node:crypto";
import type { ErrorClass } from "#core/errors.ts";
import { canonicalJson } from "./canonical-json.ts";
import type { RVersion } from "./result.ts";

export const jobStates = [
	"created",
	"validated",
	"queued",
	"running",
	"completed",
	"failed",
	"dead",
	"cancelled",
	"superseded",
] as const;

export type JobState = (typeof jobStates)[number];

/** What is told of a job: each state that it comes into, and, while it is `running`, that R has run to its end. */
export const jobEvents = [...jobStates, "executed"] as const;

export type JobEvent = (typeof jobEvents)[number];

/** A job in one of these has nothing more to do by itself. */
export const finalJobStates = ["completed", "dead", "cancelled", "superseded"] as const satisfies readonly JobState[];

export const unfinishedJobStates = jobStates.filter(
	(state) => !(finalJobStates as readonly JobState[]).includes(state),
);

/** What makes two jobs the same job. */
export interface JobInputs {
	readonly pipeline: string;
	/** SHA-256 over the analysis: script and declared files. */
	readonly analysisDigest: string;
	readonly params: Readonly<Record<string, unknown>>;
	/** Content digests of the inputs, in order. */
	readonly inputDigests: readonly string[];
}

/** Identity of a job: 32 hex digits of SHA-256 over the canonical JSON of its inputs. */
export function jobId(inputs: JobInputs): string {
	return `j${createHash("sha256").update(canonicalJson(inputs)).digest("hex").slice(0, 32)}`;
}

/** How an attempt ended. `not-ready`, `lost`, and `cancelled` by a person, consume no retry. */
export type AttemptOutcome = "completed" | "failed" | "not-ready" | "lost" | "cancelled";

/** How long a claimed job is its worker's without a sign of life. */
export const leaseMs = 30_000;

/** Whoever ran it was lost so often in a row: the job itself may be what ends its worker. Drains do not count. */
export const mostLosses = 20;

/** The files were not what settled when they were to be read. The same content, seen again anywhere, is analysed. */
export function isCausedByInput({ code }: Pick<AttemptCause, "code">): boolean {
	return code === "INPUT_MISSING" || isOvertaken({ code });
}

/** The file has other content by now, which is another version with a job of its own. */
export function isOvertaken({ code }: Pick<AttemptCause, "code">): boolean {
	return code === "INPUT_CHANGED";
}

/** How far a run is, as it said itself. */
export interface Progress {
	/** 0 to 1. */
	readonly fraction: number;
	readonly message: string;
	/** Milliseconds since the epoch. */
	readonly at: number;
}

/** What else there is to know of an attempt that came to no result: of one that did, the manifest says it. */
export interface AttemptRun {
	readonly engine: string;
	/** What the analysis was recognised as; null where it ended before that. */
	readonly kind: string | null;
	readonly seed: number;
	/** Null where nobody can tell. */
	readonly peakMemoryBytes: number | null;
	readonly warnings: readonly string[];
	readonly r: RVersion;
}

/** Why an attempt failed, as told by R or by whoever ended it. */
export interface AttemptCause {
	readonly class: ErrorClass;
	/** Stable: R_ERROR, R_SYNTAX, R_QUIT, R_CRASHED, R_TIMEOUT, R_MEMORY, R_OUTPUT_LIMIT, R_KILLED, R_MISSING, ... */
	readonly code: string;
	readonly message: string;
	readonly fix?: string;
	/** R's condition classes, most specific first. */
	readonly conditionClass?: readonly string[];
	readonly call?: string;
	readonly traceback?: readonly string[];
}
