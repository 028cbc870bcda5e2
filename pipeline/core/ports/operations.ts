import type { Scope } from "#domain/access.ts";
import type { OperationKind, OperationState, Pause, Target } from "#domain/operation.ts";
import type { JobPlan } from "./catalog.ts";
import type { Page } from "./catalog-rows.ts";

export interface OperationRequest {
	readonly kind: OperationKind;
	readonly target: Target;
	/** Who asks, as the audit log names him: `user:anna`, `cli:anna@host`. */
	readonly by: string;
	readonly why?: string;
	/** The same key from the same requester gives the same operation, and does nothing again. */
	readonly key?: string;
	/** Id of the request, for the audit log. */
	readonly request?: string;
	/** Of a replay: the job as it is planned now. */
	readonly plan?: JobPlan;
}

export interface OperationRow {
	readonly id: string;
	readonly kind: OperationKind;
	readonly target: Target;
	/** Whose it is, for who may see it; undefined: of no source, of no pipeline. */
	readonly source: string | undefined;
	readonly pipeline: string | undefined;
	readonly state: OperationState;
	/** `total` 0: nobody knows yet. */
	readonly progress: OperationProgress;
	readonly requestedBy: string;
	readonly why: string | undefined;
	/** Why it failed. */
	readonly error: OperationError | undefined;
	readonly requestedAt: number;
	readonly startedAt: number | undefined;
	readonly endedAt: number | undefined;
}

export interface OperationProgress {
	readonly done: number;
	readonly total: number;
	/** How it stands, and what came of it. */
	readonly message: string;
}

export interface OperationError {
	readonly code: string;
	readonly message: string;
	readonly fix?: string;
}

export interface Requested {
	readonly operation: OperationRow;
	/** It was so before: nothing had to be done. */
	readonly already: boolean;
	/** Of a replay, the one that runs: another than was asked for where its analysis or parameters were changed since. */
	readonly job?: string;
}

export interface OperationPage {
	readonly limit: number;
	/** Of the page before. */
	readonly cursor?: string;
	/** Newest first unless `asc`. */
	readonly order?: "asc" | "desc";
	/** What is seen; all of it if not given. */
	readonly scope?: Scope;
	readonly filter: {
		readonly kind?: OperationKind;
		readonly state?: readonly OperationState[];
		readonly source?: string;
		readonly pipeline?: string;
		readonly requestedBy?: string;
		/** When it was asked for: `since` is within, `until` is not. */
		readonly since?: number;
		readonly until?: number;
	};
}

/** Who looks for what there is to be carried out. */
export interface Carries {
	readonly kinds: readonly OperationKind[];
	readonly targets?: readonly Target["type"][];
	readonly names?: readonly string[];
	/** Of these sources only. */
	readonly sources?: readonly string[];
}

export type OperationEnd =
	| { readonly state: "completed"; readonly message: string }
	/** A quarantine, or the drain of a process, that failed holds nothing back. */
	| { readonly state: "failed"; readonly error: OperationError };

/**
 * What people asked for, as rows that outlive every process. What the catalog alone can do is done in the transaction that
 * notes it, with its entry in the audit log: then it is `completed` at once. Everything else is `requested`, and carried out
 * by who can: whoever dies meanwhile leaves it open, and it is carried out again. So all of them may be done twice.
 */
export interface OperationsCatalog {
	/**
	 * A replay puts a job that waits or is over back into the queue with attempts counted anew. Results of earlier runs stay;
	 * the one of the new run supersedes them. It takes pool, priority, timeout and retry from the plan. With a `plan` that is
	 * another job (its analysis or parameters were changed since), that job is made for the same acquisitions, or found, and
	 * queued; the old one is superseded if it was dead or waits, and its result once the new one has a result. `already`: what
	 * is asked for is queued, running, or done with that plan.
	 *
	 * @throws WatchRabbitError TARGET_UNKNOWN, OPERATION_REFUSED, IDEMPOTENCY_KEY_REUSED (permanent): nothing was noted
	 */
	request(request: OperationRequest, now: number): Promise<Requested>;
	/**
	 * What the same requester was answered under the same key; undefined: it was not used, or there is none.
	 *
	 * @throws WatchRabbitError IDEMPOTENCY_KEY_REUSED (permanent)
	 */
	repeated(request: OperationRequest): Promise<Requested | undefined>;
	/** @throws WatchRabbitError CURSOR_INVALID */
	page(request: OperationPage): Promise<Page<OperationRow>>;
	one(id: string): Promise<OperationRow | undefined>;
	/** Of the last one that was asked for: grows. 0 without one. */
	latest(): Promise<number>;
	/** What is not over, the oldest first, so many at most. */
	open(of: Carries, max: number): Promise<readonly OperationRow[]>;
	/** It runs, and is so far. Nothing happens to one that is over. */
	tell(id: string, progress: OperationProgress, now: number): Promise<void>;
	/** False: it was over already. */
	end(id: string, end: OperationEnd, now: number): Promise<boolean>;
	/** What is held back now, in order of its beginning. */
	pauses(now: number): Promise<readonly Pause[]>;
	/** Of a process that drains: it is still there. Without this its pause is over after a minute. */
	keepPause(process: string, now: number): Promise<void>;
	/** Nobody else has its name: what was asked of a process that had it is over. */
	forgetProcess(process: string, now: number): Promise<void>;
	/** The queued jobs of what was resumed are put into the outbox again: their hints were acknowledged. Gives how many. */
	announce(target: Target, now: number): Promise<number>;
	/**
	 * In one transaction, if all of it still holds: the acquisition is current, and these are the current results of the jobs
	 * that are for it.
	 *
	 * @throws WatchRabbitError OPERATION_REFUSED (permanent)
	 */
	markSafe(operation: string, acquisition: string, results: readonly string[], now: number): Promise<void>;
}
