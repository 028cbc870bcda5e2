import { setTimeout as sleep } from "node:timers/promises";
import { asWatchRabbitError, transient, type WatchRabbitError } from "#core/errors.ts";
import type { AnalysisPool, AnalysisRecord, AnalysisRequest } from "#core/ports/analysis-pool.ts";
import type { Report } from "#domain/report.ts";
import type { PoolSettings } from "#domain/settings.ts";
import { type Engine, type EngineName, lineFor } from "./engine.ts";
import { Guard } from "./guard.ts";
import { LeftoverSweeper } from "./leftover-sweeper.ts";
import { PoolSize } from "./pool-size.ts";
import { recordOf, recordOfNoRun } from "./record.ts";
import type { RunEnd, RunLimits } from "./run-end.ts";
import { SlotWorker } from "./slot-worker.ts";
import { StartRecord } from "./start-record.ts";
import { type WaitingRun, WaitingRuns } from "./waiting-runs.ts";

/** A worker that ended while it idled: whatever ended it may still be at it. */
const replaceAfterMs = 1_000;

interface Given {
	readonly worker: SlotWorker;
	readonly running: Promise<RunEnd>;
}

/**
 * Gives runs to workers, by their priority and in the order in which they came, and keeps enough workers ready.
 *
 * A worker is idle and ready, busy, starting, or cold. Every change (a run comes or ends, a start succeeds or fails, an
 * idle one ends) ends in `#next`, which gives out what can be given and starts what is missing. While one worker works, a start
 * that fails is tried again and no run hears of it; where none does, the runs that wait are told, and from then on
 * `start` and `run` alone try again.
 */
export class WorkerPool implements AnalysisPool {
	readonly name: string;
	readonly engine: EngineName;
	readonly why: string;
	readonly #engine: Engine;
	readonly #settings: PoolSettings;
	readonly #report: Report;
	readonly #slots: readonly SlotWorker[];
	readonly #size: PoolSize;
	readonly #starts = new StartRecord();
	/** Each with its start, which rejects when it fails. */
	readonly #starting = new Map<SlotWorker, Promise<void>>();
	/** Given to a run. */
	readonly #taken = new Set<SlotWorker>();
	readonly #runs = new Set<Promise<RunEnd>>();
	readonly #waiting = new WaitingRuns();
	readonly #sweeper: LeftoverSweeper;
	readonly #leftBehind: (error: WatchRabbitError) => void;
	/** From the first start of a worker on. */
	#guard: Guard | undefined;
	readonly #closing = new AbortController();
	#closed: Promise<void> | undefined;
	constructor(settings: PoolSettings, engine: Engine, why: string, report: Report) {
		this.name = settings.name;
		this.engine = engine.name;
		this.why = why;
		this.#engine = engine;
		this.#settings = settings;
		this.#report = report;
		this.#leftBehind = (error) => report({ event: "pool.leftover", pool: this.name, error });
		this.#size = new PoolSize(settings, () => this.#next());
		const heard = {
			leftBehind: this.#leftBehind,
			ended: () => setTimeout(() => this.#next(), replaceAfterMs).unref(),
			usedUp: (why: "runs" | "memory" | "died") => report({ event: "worker.replaced", pool: this.name, why }),
		};
		this.#slots = Array.from({ length: engine.slots(settings.workers) }, () => new SlotWorker(engine, heard));
		this.#sweeper = new LeftoverSweeper(() => this.#slots.flatMap((slot) => slot.view() ?? []), this.#leftBehind);
	}

	get workers(): number {
		return this.#size.now;
	}

	get load(): AnalysisPool["load"] {
		return { running: this.#taken.size, idle: this.#idle().length, waiting: this.#waiting.size };
	}

	async start(): Promise<void> {
		this.#refuseIfClosing();
		if (this.#works) return;
		const [first] = this.#slots;
		if (first !== undefined && this.#starting.size === 0) this.#begin(first, 0);
		try {
			await Promise.any(this.#starting.values());
		} catch (thrown) {
			this.#refuseIfClosing();
			throw (thrown as AggregateError).errors[0];
		}
	}

	async run(
		request: AnalysisRequest,
		signal: AbortSignal = new AbortController().signal,
		begins: () => void = () => {},
		progresses: RunLimits["progresses"] = () => {},
	): Promise<AnalysisRecord> {
		this.#refuseIfClosing();
		let given: Given;
		try {
			given = await this.#turn(request, lineFor(this.#engine, request), signal, progresses);
			begins();
		} catch (thrown) {
			this.#refuseIfClosing();
			return recordOfNoRun(request, this.engine, asWatchRabbitError(thrown));
		}
		const end = await given.running;
		this.#runs.delete(given.running);
		this.#taken.delete(given.worker);
		this.#next();
		this.#sweeper.soon();
		if (end.how !== "said") this.#refuseIfClosing();
		return await recordOf(request, this.#engine.name, end);
	}

	close(graceMs: number): Promise<void> {
		this.#closed ??= this.#close(graceMs);
		return this.#closed;
	}

	async #close(graceMs: number): Promise<void> {
		this.#closing.abort();
		this.#size.stop();
		this.#waiting.giveUp(closed(this.name));
		const enough = new AbortController();
		const grace = sleep(graceMs, undefined, { signal: enough.signal }).catch(() => {});
		await Promise.race([Promise.all(this.#runs), grace]);
		enough.abort();
		await this.#sweeper.stop();
		await Promise.all(this.#slots.map((slot) => slot.stop()));
		await this.#guard?.dismiss();
	}

	/** Resolves when the run has begun, in a worker that is given to no other. */
	#turn(
		request: AnalysisRequest,
		line: string,
		signal: AbortSignal,
		progresses: RunLimits["progresses"],
	): Promise<Given> {
		const { outputBytes, diskBytes } = this.#settings;
		const disk = diskBytes === undefined ? undefined : { directory: request.directory, limitBytes: diskBytes };
		const limits = { timeoutMs: request.timeoutMs, outputBytes, disk, progresses };
		return new Promise((resolve, reject) => {
			const takenBack = () => {
				this.#waiting.remove(waiting);
				reject(transient("R_KILLED", "the run was taken back before it began"));
			};
			const waiting: WaitingRun = {
				since: performance.now(),
				priority: request.priority,
				begin: (worker) => {
					signal.removeEventListener("abort", takenBack);
					const running = worker.run(request.id, line, limits, signal);
					this.#runs.add(running);
					resolve({ worker, running });
				},
				giveUp: (error) => {
					signal.removeEventListener("abort", takenBack);
					reject(error);
				},
			};
			this.#waiting.add(waiting);
			if (signal.aborted) return takenBack();
			signal.addEventListener("abort", takenBack);
			this.#next();
		});
	}

	#next(): void {
		if (this.#closing.signal.aborted) return;
		const size = this.#sized();
		for (const worker of this.#idle().slice(0, Math.max(0, size - this.#taken.size))) {
			const waiting = this.#waiting.next();
			if (waiting === undefined) break;
			this.#taken.add(worker);
			waiting.begin(worker);
		}
		const idle = this.#idle();
		const warm = this.#works || this.#starts.failed === 0 ? this.#engine.warm(size) : 0;
		const wanted = Math.max(warm, this.#waiting.size);
		const allowed = Math.max(0, Math.min(wanted, this.#engine.slots(size) - this.#taken.size));
		for (const worker of idle.slice(allowed)) worker.retire();
		const missing = allowed - idle.length - this.#starting.size;
		const cold = this.#slots.filter((slot) => !(slot.ready || this.#taken.has(slot) || this.#starting.has(slot)));
		for (const slot of cold.slice(0, Math.max(0, missing))) this.#begin(slot, this.#starts.nextDelayMs);
	}

	#sized(): number {
		const step = this.#size.see({ busy: this.#taken.size, waitingSince: this.#waiting.since });
		const { now } = this.#size;
		if (step !== 0) this.#report({ event: "pool.resized", pool: this.name, workers: now, from: now - step });
		return now;
	}

	/** A worker can take a run, or has one. */
	get #works(): boolean {
		return this.#taken.size > 0 || this.#idle().length > 0;
	}

	#idle(): SlotWorker[] {
		return this.#slots.filter((slot) => slot.ready && !this.#taken.has(slot));
	}

	#begin(slot: SlotWorker, delayMs: number): void {
		const { signal } = this.#closing;
		this.#guard ??= new Guard(this.#leftBehind);
		const started = (async () => {
			if (delayMs > 0) await sleep(delayMs, undefined, { signal });
			const began = performance.now();
			await slot.start();
			this.#report({ event: "worker.ready", pool: this.name, seconds: (performance.now() - began) / 1000 });
		})();
		this.#starting.set(slot, started);
		const ended = (told: () => void) => {
			this.#starting.delete(slot);
			if (!signal.aborted) told();
			this.#next();
		};
		started.then(
			() => ended(() => this.#started()),
			(thrown: unknown) => ended(() => this.#startFailed(asWatchRabbitError(thrown))),
		);
	}

	#started(): void {
		const seconds = this.#starts.succeeded();
		if (seconds === undefined) return;
		const { name: pool, engine, workers, why } = this;
		this.#report({ event: "pool.ready", pool, engine, workers, why, seconds });
	}

	#startFailed(error: WatchRabbitError): void {
		const { isNews, isHopeless } = this.#starts.failedWith(error);
		if (isNews) this.#report({ event: "pool.trouble", pool: this.name, error });
		if (this.#works || !isHopeless) return;
		this.#waiting.giveUp(error);
	}

	#refuseIfClosing(): void {
		if (this.#closing.signal.aborted) throw closed(this.name);
	}
}

function closed(pool: string): WatchRabbitError {
	return transient("POOL_CLOSED", `the pool ${pool} is closed`);
}
