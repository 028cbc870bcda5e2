import { asWatchRabbitError, permanent, transient, WatchRabbitError } from "#core/errors.ts";
import type { RVersion } from "#domain/result.ts";
import type { Engine } from "./engine.ts";
import { LogBuffer } from "./log-buffer.ts";
import { isAlive, residentBytes } from "./processes.ts";
import { rLiteral } from "./r-literal.ts";
import type { RunEnd, RunLimits } from "./run-end.ts";
import { RunUnderWay } from "./run-under-way.ts";
import type { SlotView } from "./sweep.ts";
import { WorkerProcess } from "./worker-process.ts";

/** Packages may take long to load; R that hangs while it starts is killed after this. */
const startTimeoutMs = 120_000;
/** How soon it is noticed that a run's process is gone without a word. */
const lookEveryMs = 50;
/** A parent that does not answer within this after its child was killed is killed too. */
const answerTimeoutMs = 5_000;

/**
 * One worker of an engine: its process, and the run in it.
 *
 * States: no process; starting (a process, `#starting` set); ready; busy (`#run` set); and no process again. A process
 * that ends, for whatever reason, puts the worker back to its first state (`#ended`); nothing else does.
 */
export class SlotWorker {
	readonly #engine: Engine;
	readonly #leftBehind: (error: WatchRabbitError) => void;
	#process: WorkerProcess | undefined;
	/** The process before this one, until nothing of it is left. */
	#dying: Promise<void> | undefined;
	#startup: Promise<void> | undefined;
	#stopped = false;
	#starting: { readonly log: LogBuffer; ready(r: RVersion): void; failed(error: WatchRabbitError): void } | undefined;
	#r: RVersion | undefined;
	#run: RunUnderWay | undefined;
	/** Runs that ended in this process. */
	#served = 0;
	#look: NodeJS.Timeout | undefined;

	constructor(engine: Engine, leftBehind: (error: WatchRabbitError) => void) {
		this.#engine = engine;
		this.#leftBehind = leftBehind;
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
		const opened = await WorkerProcess.start(this.#engine.command(), {
			printed: (bytes) => (this.#run === undefined ? this.#starting?.log.push(bytes) : this.#run.printed(bytes)),
			frame: (kind, text) => this.#heard(kind, text),
			ended: () => this.#ended(),
			leftBehind: this.#leftBehind,
		}).catch((thrown: unknown) => {
			throw cannotStart(thrown);
		});
		this.#process = opened;
		this.#served = 0;
		if (this.#stopped) void opened.kill();
		const timer = setTimeout(() => void opened.kill(), startTimeoutMs);
		try {
			const r = await new Promise<RVersion>((ready, failed) => {
				this.#starting = { log: new LogBuffer(), ready, failed };
				opened.tell(rLiteral({ nonce: opened.nonce, ...this.#engine.settings }));
			});
			if (opened.pid > 0) await this.#engine.limit(opened.pid);
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
		const run = new RunUnderWay(id, limits, signal, this.#r as RVersion, () => void this.#killRun(run));
		this.#run = run;
		this.#process?.tell(line);
		this.#look = setInterval(() => (this.#engine.forks ? this.#lookForChild(run) : run.lasts()), lookEveryMs);
		return run.end;
	}

	/** To be called only when nothing runs in it. Ends its process; it may be started again. */
	retire(): void {
		this.#r = undefined;
		this.#dying = this.#process?.kill();
	}

	#isUsedUp(): boolean {
		const { runsPerProcess, bytesPerProcess } = this.#engine;
		if (this.#served >= runsPerProcess) return true;
		return bytesPerProcess < Number.POSITIVE_INFINITY && residentBytes(this.#process?.pid ?? 0) > bytesPerProcess;
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
		if (kind === "ready") this.#starting?.ready(JSON.parse(text));
		else if (kind === "failed" && run === undefined) this.#preloadFailed(JSON.parse(text));
		else if (kind === "start") run?.started(Number(text));
		else if (kind === "child") this.#told(text);
		else if (kind === "kind") run?.recognised(text);
		else if (kind === "warning") run?.warned(text);
		else if (kind === "progress") run?.progressed(text);
		else if (run?.id !== text) return;
		else if (kind === "end") this.#finish("said");
		else if (kind === "mark") this.#finish("vanished");
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
		if (this.#isUsedUp()) this.retire();
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

	/** Never rejects. */
	async #killRun(run: RunUnderWay): Promise<void> {
		const opened = this.#process;
		if (opened === undefined) return;
		if (!this.#engine.forks || run.child === undefined) return await opened.kill();
		const patience = setTimeout(() => void opened.kill(), answerTimeoutMs);
		void run.end.then(() => clearTimeout(patience));
		try {
			// What it started is ended when it is seen to be gone.
			if (!opened.killFork(run.child) && isAlive(run.child)) await opened.kill();
		} catch (thrown) {
			this.#leftBehind(asWatchRabbitError(thrown));
			await opened.kill();
		}
	}

	#ended(): void {
		const failure = this.#process?.failure;
		this.#process = undefined;
		this.#r = undefined;
		this.#starting?.failed(failure === undefined ? startFailed(this.#starting.log) : this.#neverStarted(failure));
		this.#finish("vanished");
	}

	#neverStarted(failure: NodeJS.ErrnoException): WatchRabbitError {
		return failure.code === "ENOENT" || failure.code === "EACCES" ? this.#engine.missing() : cannotStart(failure);
	}

	#preloadFailed({ package: name, reason }: { readonly package: string; readonly reason: string }): void {
		this.#starting?.failed(
			permanent("R_PRELOAD_FAILED", `the package ${name} cannot be loaded: ${reason}`, {
				fix: `Install ${name} for this R, or take it out of the pool's \`preload\`.`,
			}),
		);
	}
}

/** What is short on this machine (room, processes, files to open) may be there again. */
function cannotStart(thrown: unknown): WatchRabbitError {
	if (thrown instanceof WatchRabbitError) return thrown;
	const cause = asWatchRabbitError(thrown);
	return transient("R_START_FAILED", `R cannot be started: ${cause.message}`, { cause });
}

function startFailed(log: LogBuffer): WatchRabbitError {
	const said = log.toString().trim().split("\n").slice(-5).join("\n");
	return transient("R_START_FAILED", `R ended while it started${said === "" ? ", without a word" : `: ${said}`}`, {
		fix: "Run `Rscript -e 1` by hand: a broken installation, .Rprofile or Renviron shows there.",
	});
}
