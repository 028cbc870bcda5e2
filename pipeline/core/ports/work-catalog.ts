import type { Acquisition } from "#domain/acquisition.ts";
import type { AttemptCause, AttemptOutcome, AttemptRun, Progress } from "#domain/job.ts";
import type { PathString } from "#domain/path.ts";
import type { Manifest } from "#domain/result.ts";
import type { JobPlan } from "./catalog.ts";

export interface LeasedJobs {
	/**
	 * The wall clock was set forward: every lease that would be over sooner than one given now is over when that would be.
	 * To be called before anything is judged by the new time.
	 */
	renewLeases(now: number): Promise<void>;
}

/** `work`: a job is claimed under a fencing token, and ends only under that token. */
export interface WorkCatalog extends LeasedJobs {
	/**
	 * Attempts are counted here; a token is larger than every one given before for the same job. A failed job whose time has
	 * come, and a running one whose lease is over, can be claimed before `wake` sees them. The inputs are the current ones of
	 * the acquisitions linked, newest link first, 20 at most: content that was moved lies where it was last seen. Where none
	 * is current, those that are not.
	 */
	claim(jobId: string, owner: string, leaseMs: number, now: number): Promise<Claim>;
	/**
	 * The analysis of a claimed job has begun, after it waited for its turn. Only a run that began may be what ended its
	 * worker: a lost lease of any other counts for nothing.
	 */
	began(jobId: string, token: number, now: number): Promise<void>;
	/** What a run says of itself, for people to see: nothing else depends on it. */
	progressed(jobId: string, token: number, progress: Progress): Promise<void>;
	/** False: the lease was lost, and the work is to be dropped. */
	keep(jobId: string, token: number, leaseMs: number, now: number): Promise<boolean>;
	/**
	 * False: fenced out, nothing was written. Superseding of older results happens in the same transaction. Both ways to end
	 * an attempt can be called again when the answer was lost.
	 */
	commitResult(commit: ResultCommit): Promise<boolean>;
	/**
	 * False: fenced out. `failed` counts against the attempts, `not-ready` and `lost` do not. A job that is to be tried again
	 * is `failed` until then, or `created` when it was not ready; without `againAt` it is dead, or, where its
	 * input had changed, superseded: the new version has a job of its own. So is one that no current acquisition needs any
	 * more. One whose input was missing or changed is queued instead if its content was seen since the claim, there or
	 * elsewhere.
	 */
	endAttempt(end: AttemptEnd): Promise<boolean>;
	/** A job that cannot be claimed is dead. Undefined, and nothing was written, if it is running, over, or unknown. */
	giveUp(jobId: string, cause: AttemptCause, now: number): Promise<Pick<ClaimedJob, "promised"> | undefined>;
}

export type Claim =
	| { readonly kind: "claimed"; readonly job: ClaimedJob; readonly lost?: LostAttempt }
	/** Under a live lease of another, finished, cancelled, superseded, or held back until a resume announces it: acknowledge and forget. */
	| { readonly kind: "forget"; readonly why: string; readonly lost?: LostAttempt }
	/** Nobody made this job: the hint is to be kept for a person. */
	| { readonly kind: "unknown"; readonly why: string };

/**
 * An attempt whose lease was over, as found by this call and no other: told at most once, and not at all where the answer
 * of the call was lost after it was durable. Who ran it tells nothing more of it.
 */
export interface LostAttempt {
	readonly job: string;
	/** It was claimed under. */
	readonly token: number;
	readonly pipeline: string;
	readonly pool: string;
	/** Of what the job was made for, as its key is. */
	readonly source: string;
	readonly key: PathString;
	readonly traceparent: string;
	readonly attempt: number;
	readonly worker: string;
	readonly startedAt: number;
	readonly endedAt: number;
	/** Else it is queued again. */
	readonly isDead: boolean;
	/** As of a `ClaimedJob`. */
	readonly promised: boolean;
	readonly cause: AttemptCause;
}

export interface ClaimedJob {
	readonly id: string;
	readonly token: number;
	/** 1 for the first. */
	readonly attempt: number;
	/** Since when it was to be run: it was made, or its next attempt was due. */
	readonly queuedAt: number;
	/** Whether its end counts for the objective of results: `domain/objectives.ts`. */
	readonly promised: boolean;
	readonly plan: JobPlan;
	/** Acquisitions with this content: any of them will do whose files are still what settled. */
	readonly inputs: readonly [ClaimedInput, ...ClaimedInput[]];
	readonly traceparent: string;
}

export interface ClaimedInput {
	readonly acquisition: Acquisition & { readonly id: string };
	readonly root: PathString;
}

export interface ResultCommit {
	readonly job: string;
	readonly token: number;
	readonly now: number;
	readonly manifest: Manifest;
	/** Object key of manifest.json; artifacts lie beside it under `artifacts/`. */
	readonly manifestKey: string;
	readonly manifestSha256: string;
}

export interface AttemptEnd {
	readonly job: string;
	readonly token: number;
	readonly now: number;
	readonly outcome: Exclude<AttemptOutcome, "completed" | "cancelled">;
	readonly cause: AttemptCause;
	/** What the job printed, bounded. */
	readonly log: string;
	readonly seconds: number;
	/** Undefined where R never began. */
	readonly run: AttemptRun | undefined;
	readonly worker: string;
	/** What of the job goes on from here goes on in this place; undefined: where it did. */
	readonly traceparent?: string;
	/** When to try again; undefined: never. */
	readonly againAt: number | undefined;
}
