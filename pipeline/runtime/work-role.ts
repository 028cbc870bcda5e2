import type { Clock } from "#core/clock.ts";
import { asWatchRabbitError, permanent, type WatchRabbitError } from "#core/errors.ts";
import type { AnalysisPool } from "#core/ports/analysis-pool.ts";
import type { ClaimedJob, WorkCatalog } from "#core/ports/catalog.ts";
import type { ObjectStore } from "#core/ports/object-store.ts";
import type { HopTimes, Tracer } from "#core/ports/tracer.ts";
import type { WorkDelivery, WorkQueue } from "#core/ports/work-queue.ts";
import { traceIn } from "#core/trace.ts";
import type { WakeUp } from "#core/wake-up.ts";
import { leaseMs } from "#domain/job.ts";
import type { Report } from "#domain/report.ts";
import type { PipelineSettings } from "#domain/settings.ts";
import type { AnalysisLibrary } from "./analysis-library.ts";
import { causeOf } from "./attempt-cause.ts";
import { Credits, type RoleLoad, together } from "./credits.ts";
import type { InputCache } from "./input-cache.ts";
import { JobRun } from "./job-run.ts";
import { LeaseKeeper } from "./lease-keeper.ts";
import { LeaseTime } from "./lease-time.ts";
import { Loop } from "./loop.ts";
import { tellLost } from "./lost-attempts.ts";
import { Pace } from "./pace.ts";
import type { Paused } from "./paused.ts";
import { type PersistContext, persist } from "./persist.ts";
import { startPool } from "./pool-start.ts";
import { whileOpen } from "./while-open.ts";

export interface WorkContext {
	/** Names this worker in attempts: host and process. */
	readonly worker: string;
	readonly pools: readonly AnalysisPool[];
	readonly pipelines: ReadonlyMap<string, PipelineSettings>;
	readonly queue: WorkQueue;
	readonly catalog: WorkCatalog;
	readonly objects: ObjectStore;
	readonly library: AnalysisLibrary;
	readonly archive: InputCache;
	/** One directory a run is made in here, and removed after it. */
	readonly runs: string;
	readonly clock: Clock;
	readonly report: Report;
	readonly tracer: Tracer;
	/** Rung when a job ended: its retry, or what waited for it, may be due. */
	readonly ended: Pick<WakeUp, "ring">;
	/** While this process drains it takes nothing; a job may be cancelled whenever something was asked for. */
	readonly paused: Pick<Paused, "drained" | "onChange">;
	readonly onBroken: (error: WatchRabbitError) => void;
}

/** Jobs of a pool under way for each of its R workers: while one is in R, others are claimed and stored, and share flushes. */
const jobsPerWorker = 6;

/**
 * Results that are ready within that time of one another are committed together: their statements, what is told of them,
 * their acknowledgements and the claims that come next are then shared as well.
 */
const commitsMs = 40;

/** `work`: delivery -> claim -> R -> artifacts -> manifest -> commit -> acknowledge. */
export class WorkRole {
	readonly #context: WorkContext;
	/** Ends taking; what runs goes on. */
	readonly #taking: readonly Loop[];
	/** Ends what runs. */
	readonly #running = new AbortController();
	readonly #credits: readonly Credits[];
	readonly #leaseTime: LeaseTime;
	readonly #commits: Pace;
	readonly #stuck = new Map<string, WatchRabbitError>();

	constructor(context: WorkContext) {
		this.#context = context;
		this.#leaseTime = new LeaseTime(context.catalog, context.clock);
		this.#commits = new Pace(commitsMs, context.clock);
		this.#taking = context.pools.map(() => new Loop());
		this.#credits = context.pools.map((pool) => new Credits(() => pool.workers * jobsPerWorker));
	}

	/** Resolves at once; each pool begins to take work when its R is ready, and the others do not wait for it. */
	start(): void {
		this.#context.pools.forEach((pool, i) => {
			this.#taking[i]?.start((signal) => this.#take(pool, this.#credits[i] as Credits, signal), this.#context.onBroken);
		});
	}

	/** Why pools cannot be started now, by their names: their jobs wait. */
	get stuck(): ReadonlyMap<string, WatchRabbitError> {
		return this.#stuck;
	}

	get load(): RoleLoad {
		return together(this.#credits.map(({ load }) => load));
	}

	/** Takes no more, lets what runs end within the grace, ends the rest (no attempt is consumed), closes R. */
	async drain(graceMs: number): Promise<void> {
		const { clock, pools } = this.#context;
		await Promise.all(this.#taking.map((loop) => loop.stop()));
		const patience = new AbortController();
		const cancel = clock.after(graceMs, () => patience.abort());
		await Promise.all(this.#credits.map((credits) => credits.all(patience.signal)));
		cancel();
		this.#running.abort();
		await Promise.all(this.#credits.map((credits) => credits.all(new AbortController().signal)));
		await Promise.all(pools.map((pool) => pool.close(0)));
	}

	async #take(pool: AnalysisPool, credits: Credits, signal: AbortSignal): Promise<void> {
		const { clock, report, queue, paused } = this.#context;
		report({ event: "pool.starting", pool: pool.name, engine: pool.engine, why: pool.why });
		while (!signal.aborted) {
			// Where R stops to start in the middle of it, further jobs wait in the queue, as they do before its first start.
			const failed = (error: WatchRabbitError, attempts: number, againInMs: number) => {
				this.#stuck.set(pool.name, error);
				report({ event: "pool.retried", pool: pool.name, error, attempts, againInMs });
			};
			await startPool(pool, failed, { clock, signal });
			this.#stuck.delete(pool.name);
			await credits.some(signal);
			const deliveries = await whileOpen(paused, signal, (open) =>
				persist("work queue", () => queue.take(pool.name, credits.free, open), { clock, report, signal: open }),
			);
			credits.take(deliveries.length);
			for (const delivery of deliveries) void this.#handle(delivery, pool).finally(() => credits.give());
		}
	}

	/** Never rejects: whatever happens to a job is told by its attempt, or left to its lease. */
	async #handle(delivery: WorkDelivery, pool: AnalysisPool): Promise<void> {
		const { clock, report, ended, paused, onBroken } = this.#context;
		const patient = { clock, report, signal: this.#running.signal };
		try {
			// Taken while that was heard: it is for others, or for later.
			if (paused.drained !== undefined) return await delivery.release(0);
			const refusal = await this.#work(delivery, pool, patient);
			const answer = () => (refusal === undefined ? delivery.ack() : delivery.reject(refusal.message));
			await persist("work queue", answer, patient);
			if (refusal !== undefined) {
				report({ event: "message.buried", queue: `work of pool ${pool.name}`, error: refusal });
			}
			ended.ring();
		} catch (thrown) {
			// The job keeps its lease, if it was claimed, until that is over, and is then given to another; the hint is free for
			// others now. Neighbours that were away for that long are no reason to end the process.
			const error = asWatchRabbitError(thrown);
			if (!this.#running.signal.aborted && error.class !== "transient") onBroken(error);
			else await delivery.release(0).catch(() => {});
		}
	}

	/** Gives why the hint is to be kept for a person; undefined: it is done with. */
	async #work(delivery: WorkDelivery, pool: AnalysisPool, patient: PersistContext) {
		const { catalog, worker, tracer } = this.#context;
		const { jobId } = delivery.item;
		const startMs = tracer.now();
		let isClaimed = false;
		try {
			const claiming = async () => catalog.claim(jobId, worker, leaseMs, await this.#leaseTime.now());
			const claim = await persist("catalog", claiming, patient);
			if (claim.kind !== "unknown" && claim.lost) tellLost(claim.lost, this.#context);
			if (claim.kind === "claimed") {
				isClaimed = true;
				this.#claimed(claim.job, pool, { startMs, endMs: tracer.now() });
				await this.#run(claim.job, delivery, pool);
			}
			return claim.kind === "unknown" ? permanent("JOB_UNKNOWN", claim.why) : undefined;
		} catch (thrown) {
			const error = asWatchRabbitError(thrown);
			// With another job the same call would do.
			const isOfTheJob = error.class !== "transient" && !error.unusable;
			if (!isOfTheJob) throw error;
			const trace = isClaimed ? undefined : traceIn(delivery.item.traceparent);
			if (trace) tracer.record("claim", trace, { startMs, endMs: tracer.now() }, { failure: error });
			return await this.#giveUp(jobId, pool, error, patient);
		}
	}

	/** Its wait is over when somebody asks for it: how long it was is told by the catalog's clock, in whole milliseconds, and is no less. */
	#claimed(job: ClaimedJob, pool: AnalysisPool, times: HopTimes): void {
		const { tracer, clock } = this.#context;
		const endMs = times.startMs;
		const waitedMs = clock.now() - (tracer.now() - endMs) - job.queuedAt - 1;
		const attributes = { "messaging.operation.type": "receive", "messaging.destination.name": pool.name };
		tracer.record("queue wait", job, { startMs: endMs - Math.max(0, waitedMs), endMs }, { attributes });
		tracer.record("claim", job, times, {
			attributes: { "watchrabbit.job": job.id, "watchrabbit.attempt": job.attempt },
		});
	}

	async #run(job: ClaimedJob, delivery: WorkDelivery, pool: AnalysisPool): Promise<void> {
		const { catalog, clock, paused } = this.#context;
		const lease = new LeaseKeeper(
			async () => {
				// The catalog owns the job: a queue that is away costs a second delivery, never the lease.
				await delivery.extend().catch(() => {});
				return await catalog.keep(job.id, job.token, leaseMs, clock.now());
			},
			leaseMs / 3,
			clock,
		);
		const unheard = paused.onChange(() => lease.look());
		try {
			await new JobRun(job, pool, this.#context, this.#commits).toItsEnd(
				AbortSignal.any([this.#running.signal, lease.lost]),
			);
		} finally {
			unheard();
			lease.end();
		}
	}

	/** The catalog refuses this job for good: it is dead, or, where not even that can be written, its hint is kept. */
	async #giveUp(job: string, pool: AnalysisPool, error: WatchRabbitError, patient: PersistContext) {
		const { catalog, clock, report } = this.#context;
		const giveUp = () => catalog.giveUp(job, causeOf(error), clock.now());
		const dead = await persist("catalog", giveUp, patient).catch(() => undefined);
		if (dead === undefined) return error;
		report({ event: "job.refused", job, pool: pool.name, ...dead, error });
		return undefined;
	}
}
