import { setTimeout as sleep } from "node:timers/promises";
import { asWatchRabbitError, permanent, transient, type WatchRabbitError } from "#core/errors.ts";
import type { AnalysisPool, AnalysisRecord, AnalysisRequest } from "#core/ports/analysis-pool.ts";
import type { Report } from "#domain/report.ts";
import type { PoolSettings } from "#domain/settings.ts";
import type { Engine } from "./engine.ts";
import { LeftoverSweeper } from "./leftover-sweeper.ts";
import { recordOf, recordOfNoRun } from "./record.ts";
import type { RunEnd } from "./run-end.ts";
import { SlotWorker } from "./slot-worker.ts";

const firstRestartMs = 100;
const longestRestartMs = 30_000;
/** After so many failed starts in a row the runs that wait are told; a start that cannot succeed tells them at once. */
const patientStarts = 3;

interface Given {
	readonly worker: SlotWorker;
	readonly running: Promise<RunEnd>;
}

interface Waiting {
	begin(worker: SlotWorker): void;
	giveUp(error: WatchRabbitError): void;
}

/**
 * Gives runs to workers, in the order in which they came, and keeps enough workers ready.
 *
 * A worker is idle and ready, busy, starting, or cold. Every change (a run comes, a run ends, a start succeeds or
 * fails) ends in `#next`, which gives out what can be given and starts what is missing.
 */
export class WorkerPool implements AnalysisPool {
	readonly name: string;
	readonly engine: "fork" | "wasm";
	readonly why: string;
	readonly workers: number;
	readonly #engine: Engine;
	readonly #settings: PoolSettings;
	readonly #report: Report;
	readonly #slots: readonly SlotWorker[];
	readonly #starting = new Set<SlotWorker>();
	/** Given to a run. */
	readonly #taken = new Set<SlotWorker>();
	readonly #runs = new Set<Promise<RunEnd>>();
	readonly #waiting: Waiting[] = [];
	readonly #sweeper: LeftoverSweeper;
	readonly #closing = new AbortController();
	#closed: Promise<void> | undefined;
	#failedStarts = 0;

	constructor(settings: PoolSettings, engine: Engine, why: string, report: Report) {
		this.name = settings.name;
		this.engine = engine.name;
		this.why = why;
		this.workers = settings.workers;
		this.#engine = engine;
		this.#settings = settings;
		this.#report = report;
		this.#slots = Array.from({ length: settings.workers }, () => new SlotWorker(engine));
		this.#sweeper = new LeftoverSweeper(() => this.#slots.flatMap((slot) => slot.view() ?? []));
	}

	async start(): Promise<void> {
		this.#refuseIfClosing();
		const [first] = this.#slots;
		if (first === undefined || this.#starting.size + this.#taken.size > 0 || this.#idle().length > 0) return;
		this.#starting.add(first);
		try {
			await first.start();
		} catch (thrown) {
			this.#refuseIfClosing();
			throw thrown;
		} finally {
			this.#starting.delete(first);
		}
		this.#next();
	}

	async run(request: AnalysisRequest, signal: AbortSignal = new AbortController().signal): Promise<AnalysisRecord> {
		this.#refuseIfClosing();
		let given: Given;
		try {
			given = await this.#turn(request, this.#lineFor(request), signal);
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
		for (const { giveUp } of this.#waiting.splice(0)) giveUp(this.#closedError());
		const enough = new AbortController();
		const grace = sleep(graceMs, undefined, { signal: enough.signal }).catch(() => {});
		await Promise.race([Promise.all(this.#runs), grace]);
		enough.abort();
		await this.#sweeper.stop();
		await Promise.all(this.#slots.map((slot) => slot.stop()));
	}

	/** @throws WatchRabbitError R_CANNOT_HOLD (permanent) */
	#lineFor(request: AnalysisRequest): string {
		try {
			return this.#engine.line(request);
		} catch (cause) {
			if (!(cause instanceof RangeError)) throw cause;
			const fix = "Take that character out of the pipeline's `params`, or out of the file's name.";
			throw permanent("R_CANNOT_HOLD", `what the script is to be given cannot be given to R: ${cause.message}`, {
				cause,
				fix,
			});
		}
	}

	/** Resolves when the run has begun, in a worker that is given to no other. */
	#turn(request: AnalysisRequest, line: string, signal: AbortSignal): Promise<Given> {
		const limits = { timeoutMs: request.timeoutMs, outputBytes: this.#settings.outputBytes };
		return new Promise((resolve, reject) => {
			const takenBack = () => {
				this.#waiting.splice(this.#waiting.indexOf(waiting), 1);
				reject(transient("R_KILLED", "the run was taken back before it began"));
			};
			const waiting: Waiting = {
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
			this.#waiting.push(waiting);
			if (signal.aborted) return takenBack();
			signal.addEventListener("abort", takenBack);
			this.#next();
		});
	}

	#next(): void {
		if (this.#closing.signal.aborted) return;
		for (const worker of this.#idle()) {
			const waiting = this.#waiting.shift();
			if (waiting === undefined) break;
			this.#taken.add(worker);
			waiting.begin(worker);
		}
		const missing = Math.max(this.#engine.warm, this.#waiting.length) - this.#idle().length - this.#starting.size;
		const cold = this.#slots.filter((slot) => !(slot.ready || this.#taken.has(slot) || this.#starting.has(slot)));
		for (const slot of cold.slice(0, Math.max(0, missing))) void this.#startSlot(slot);
	}

	#idle(): SlotWorker[] {
		return this.#slots.filter((slot) => slot.ready && !this.#taken.has(slot));
	}

	async #startSlot(slot: SlotWorker): Promise<void> {
		const { signal } = this.#closing;
		this.#starting.add(slot);
		try {
			if (this.#failedStarts > 0) await sleep(this.#restartDelayMs(), undefined, { signal });
			await slot.start();
			this.#failedStarts = 0;
		} catch (thrown) {
			if (!signal.aborted) this.#startFailed(asWatchRabbitError(thrown));
		} finally {
			this.#starting.delete(slot);
			this.#next();
		}
	}

	#startFailed(error: WatchRabbitError): void {
		this.#failedStarts++;
		this.#report({ event: "pool.trouble", pool: this.name, error });
		if (error.class !== "permanent" && this.#failedStarts < patientStarts) return;
		for (const { giveUp } of this.#waiting.splice(0)) giveUp(error);
	}

	#restartDelayMs(): number {
		return Math.min(longestRestartMs, firstRestartMs * 2 ** (this.#failedStarts - 1));
	}

	#refuseIfClosing(): void {
		if (this.#closing.signal.aborted) throw this.#closedError();
	}

	#closedError(): WatchRabbitError {
		return transient("POOL_CLOSED", `the pool ${this.name} is closed`);
	}
}
