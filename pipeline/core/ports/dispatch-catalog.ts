import type { PipelineSettings } from "#domain/settings.ts";
import type { LeasedJobs, LostAttempt } from "./work-catalog.ts";
import type { WorkItem } from "./work-queue.ts";

/** Moves jobs that wait back into the queue. */
export interface DispatchCatalog extends LeasedJobs {
	/**
	 * Outbox rows in order, a call of `send` for each pool; removed once it resolves. Gives how many. Rows of a pool whose
	 * queue is full (QUEUE_FULL) stay for the next call and do not hold up other pools; any other error is thrown, and the
	 * rows stay. Two relays at a time send some hints twice, which a claim makes harmless.
	 */
	relay(max: number, send: (pool: string, items: readonly WorkItem[]) => Promise<void>, now: number): Promise<number>;
	/**
	 * Failed and not-ready jobs whose time has come, and running ones whose lease is over, are queued again. A wall clock
	 * that was stepped back delays a retry by no more than its `maxBackoffMs`: call it every few seconds. It also bounds the
	 * leases of running ones to what one given now would have.
	 *
	 * What was reaped is told once, by the first call that resolves after it is durable; not at all, where this process ends
	 * before that, or the answer of its commit was lost.
	 *
	 * A job whose lease was over 20 times in a row after its run had begun (nothing else ended an attempt in between) is dead
	 * with the cause WORKER_LOST, here and in `claim`: it may be what ends its workers.
	 */
	wake(now: number): Promise<{ readonly retried: number; readonly reaped: readonly LostAttempt[] }>;
	/**
	 * Attempts that came to no result, oldest first: what they stored is nobody's. Each stays here until somebody who removed
	 * its objects says so, so that a process that ends in between leaves nothing behind.
	 */
	strays(max: number): Promise<readonly Stray[]>;
	straysRemoved(strays: readonly Stray[]): Promise<void>;
	/**
	 * Jobs that wait or run take pool, priority, timeout and retry of their pipeline as it is configured now, also where they
	 * are announced. To be told at every start: a row keeps what was configured when it was written, and a replay or an
	 * arrival that queues a job again bring their own.
	 */
	useSettings(pipelines: readonly PipelineSettings[]): Promise<void>;
	/** When the queue may have lost its hints: every queued job is put into the outbox again. Gives how many. */
	requeueAll(now: number): Promise<number>;
	/**
	 * The leases of all running jobs are over now: for who knows that no worker of this catalog is alive, because it holds
	 * the only lock on the data directory. A killed process then delays nothing. Gives how many.
	 */
	endLeases(now: number): Promise<number>;
}

/** An attempt that came to no result. One that stored something after it was removed becomes another stray. */
export interface Stray {
	readonly seq: number;
	readonly job: string;
	readonly token: number;
}
