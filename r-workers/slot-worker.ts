import { asWatchRabbitError, type WatchRabbitError } from "#core/errors.ts";
import type { RVersion } from "#domain/result.ts";
import type { Engine } from "./engine.ts";
import { LogBuffer } from "./log-buffer.ts";
import { isAlive, statusBytes } from "./processes.ts";
import { rLiteral } from "./r-literal.ts";
import type { RunEnd, RunLimits } from "./run-end.ts";
import { RunUnderWay } from "./run-under-way.ts";
import { cannotStart, neverReady, preloadFailed, startFailed } from "./start-errors.ts";
import type { SlotView } from "./sweep.ts";
import { WorkerProcess } from "./worker-process.ts";

/** How soon it is noticed that a run's process is gone without a word. */
const lookEveryMs = 50;
/** A parent that does not answer within this after its child was killed is killed too. */
const answerTimeoutMs = 5_000;

/** What a worker tells its pool. */
export interface SlotListener {
	readonly leftBehind: (error: WatchRabbitError) => void;
	/** Its process has ended while nothing ran in it. */
	readonly ended: () => void;
	/** Its warm process is to be replaced by another. */
	readonly usedUp: (why: "runs" | "memory" | "died") => void;
}

/**
 * One worker of an engine: its process, and the run in it.
 *
 * States: no process; starting (a process, `#starting` set); ready (`#r` set); busy (`#run` set); retired (a process
 * that is being ended). A process that has ended puts the worker back to its first state (`#ended`).
 */
export class SlotWorker {
	readonly #engine: Engine;
	readonly #leftBehind: (error: WatchRabbitError) => void;
	readonly #listener: SlotListener;
	#process: WorkerProcess | undefined;
	/** The process before this one, until nothing of it is left. */
	#dying: Promise<void> | undefined;
	#startup: Promise<void> | undefined;
	#stopped = false;
	#starting:
		| {
				readonly log: LogBuffer;
				loading: string | undefined;
				ready(r: RVersion): void;
				failed(error: WatchRabbitError): void;
		  }
		| undefined;
	#r: RVersion | undefined;
	#run: RunUnderWay | undefined;
	/** Runs that ended in this process. */
	#served = 0;
	#look: NodeJS.Timeout | undefined;

	constructor(engine: Engine, listener: SlotListener) {
		this.#engine = engine;
		this.#listener = listener;
		this.#leftBehind = listener.leftBehind;
	}

	/** Whether a run can be given at once. */
	get ready(): boolean {
		return this.#r !== undefined && this.#run === undefined && this.#process?.runs === true;
	}

	/** What a sweep has to know of it; undefined when a run can leave nothing, because the process ends with it. */
	view(): SlotView | undefined {
		const opened = this.#process;
		if (opened === undefined || this.#r === undefined || !this.#engine.forks) return undefined;
		const { slot, leader, supervised } = opened;
		const endOrphans = supervised ? () => opened.endOrphans() : undefined;
		return { slot, leader, busy: this.#run !== undefined, child: this.#run?.child, endOrphans };
	}

	/** Resolves when a run can be given. @throws WatchRabbitError R_MISSING, R_PRELOAD_FAILED, R_START_FAILED */
	start(): Promise<void> {
		this.#startup = this.#start();
		return this.#startup;
	}

	async #start(): Promise<void> {
		await this.#dying;
		await this.#process?.kill(); // one that ended while nothing ran in it
		try {
			await this.#open();
		} catch (thrown) {
			throw cannotStart(thrown);
		}
	}

	async #open(): Promise<void> {
		const opened: WorkerProcess = await WorkerProcess.start(this.#engine.command(), {
			printed: (bytes) => (this.#run === undefined ? this.#starting?.log.push(bytes) : this.#run.printed(bytes)),
			frame: (kind, text) => this.#heard(kind, text),
			ended: () => this.#ended(opened),
			leftBehind: this.#leftBehind,
		});
		this.#process = opened;
		this.#served = 0;
		if (this.#stopped) void opened.kill();
		const { startTimeoutMs } = this.#engine;
		const tooLong = () => this.#starting?.failed(neverReady(startTimeoutMs, this.#starting.loading));
		const timer = setTimeout(tooLong, startTimeoutMs);
		try {
			const r = await new Promise<RVersion>((ready, failed) => {
				this.#starting = { log: new LogBuffer(), loading: undefined, ready, failed };
				opened.tell(rLiteral({ nonce: opened.nonce, ...this.#engine.settings }));
			});
			await this.#engine.limit(opened.pid);
			if (this.#process !== opened) throw startFailed(new LogBuffer());
			this.#r = r;
		} catch (thrown) {
			await opened.kill();
			throw thrown;
		} finally {
			clearTimeout(timer);
			this.#starting = undefined;
		}
	}

	/** To be called only when ready. Never rejects. Afterwards the worker may have to be started again. */
	run(id: string, line: string, limits: RunLimits, signal: AbortSignal): Promise<RunEnd> {
		const run = new RunUnderWay(id, limits, signal, this.#r as RVersion, () => this.#killRun(run));
		this.#run = run;
		this.#process?.tell(line);
		this.#look = setInterval(() => (this.#engine.forks ? this.#lookForChild(run) : run.lasts()), lookEveryMs);
		return run.end;
	}

	/** Ends its process, which is given no further run; it may be started again. */
	retire(): void {
		this.#r = undefined;
		this.#dying = this.#process?.kill();
	}

	#usedUpBy(): "runs" | "memory" | undefined {
		const { runsPerProcess, bytesPerProcess } = this.#engine;
		if (this.#served >= runsPerProcess) return "runs";
		if (bytesPerProcess === Number.POSITIVE_INFINITY || this.#process === undefined) return undefined;
		return (statusBytes(this.#process.pid, "VmRSS") ?? 0) > bytesPerProcess ? "memory" : undefined;
	}

	/** One that serves a single run has nothing warm to lose, nor one that ends for good. */
	#replaced(why: "runs" | "memory" | "died"): void {
		if (this.#engine.forks && !this.#stopped) this.#listener.usedUp(why);
	}

	/** For good: kills its processes, resolves when none is left. A run under way ends as cancelled. */
	async stop(): Promise<void> {
		if (this.#run !== undefined) this.#run.endedBy ??= { kind: "cancelled", reason: "the pool was closed" };
		this.#stopped = true;
		await this.#process?.kill();
		await this.#startup?.catch(() => {});
		await this.#dying;
	}

	/** A frame that cannot be read was forged by a script, and says nothing. */
	#heard(kind: string, text: string): void {
		try {
			this.#frame(kind, text);
		} catch (thrown) {
			if (!(thrown instanceof SyntaxError)) throw thrown;
		}
	}

	#frame(kind: string, text: string): void {
		const run = this.#run;
		if (this.#starting !== undefined) this.#heardAtStart(kind, text);
		else if (kind === "start") run?.started(Number(text));
		else if (kind === "child") this.#told(text);
		else if (kind === "kind") run?.recognised(text);
		else if (kind === "warning") run?.warned(text);
		else if (kind === "progress") run?.progressed(text);
		else if (run?.id !== text) return;
		else if (kind === "end") this.#finish("said");
		else if (kind === "mark") this.#finish("vanished");
	}

	#heardAtStart(kind: string, text: string): void {
		const starting = this.#starting;
		if (kind === "pid") this.#process?.isProcess(Number(text));
		else if (kind === "loading" && starting !== undefined) starting.loading = text;
		else if (kind === "ready") starting?.ready(JSON.parse(text));
		else if (kind === "failed") starting?.failed(preloadFailed(JSON.parse(text)));
	}

	/** The run and its process: the answer may come when another run is under way. */
	#told(answer: string): void {
		const at = answer.lastIndexOf(" ");
		if (answer.slice(0, at) === this.#run?.id) this.#run.isProcess(Number(answer.slice(at)));
	}

	#finish(how: "said" | "vanished"): void {
		const run = this.#run;
		this.#run = undefined;
		clearInterval(this.#look);
		this.#served += 1;
		const why = this.#usedUpBy();
		if (why !== undefined && this.#r !== undefined) {
			this.#replaced(why);
			this.retire();
		}
		run?.finish(how);
	}

	/** A run's process that is gone cannot say so: its parent marks the place in the log where all of it has been heard. */
	#lookForChild(run: RunUnderWay): void {
		run.lasts();
		// It says so first of all; one that cannot even do that is asked for.
		if (run.child === undefined) this.#process?.tell(`child ${run.id}`);
		if (run.child === undefined || isAlive(run.child)) return;
		clearInterval(this.#look);
		void this.#process?.clear().then(() => this.#process?.tell(`mark ${run.id}`));
	}

	#killRun(run: RunUnderWay): void {
		const opened = this.#process;
		if (opened === undefined) return;
		// Its run may yet say that it is done: the process that dies is given no other.
		const retire = () => this.#process === opened && this.retire();
		if (!this.#engine.forks || run.child === undefined) return void retire();
		const patience = setTimeout(retire, answerTimeoutMs);
		void run.end.then(() => clearTimeout(patience));
		try {
			// What it started is ended when it is seen to be gone.
			if (!opened.killFork(run.child) && isAlive(run.child)) retire();
		} catch (thrown) {
			this.#leftBehind(asWatchRabbitError(thrown));
			retire();
		}
	}

	#ended(opened: WorkerProcess): void {
		if (this.#process !== opened) return;
		const { failure } = opened;
		this.#process = undefined;
		if (this.#r !== undefined) this.#replaced("died");
		this.#r = undefined;
		if (this.#starting === undefined && this.#run === undefined) this.#listener.ended();
		this.#starting?.failed(failure === undefined ? startFailed(this.#starting.log) : this.#neverStarted(failure));
		this.#finish("vanished");
	}

	#neverStarted(failure: NodeJS.ErrnoException): WatchRabbitError {
		return failure.code === "ENOENT" || failure.code === "EACCES" ? this.#engine.missing() : cannotStart(failure);
	}
}
