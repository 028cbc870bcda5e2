import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes, randomUUID } from "node:crypto";
import { closeSync } from "node:fs";
import { mkdir, rm } from "node:fs/promises";
import { Socket } from "node:net";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { finished } from "node:stream/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { asWatchRabbitError, type WatchRabbitError } from "#core/errors.ts";
import { FrameSplitter } from "./frames.ts";
import { kill, killGroup, tell } from "./kill.ts";
import { type OpenPipe, openPipe } from "./named-pipe.ts";
import { type ProcessEntry, processEntry } from "./processes.ts";
import { childrenOf, supervised } from "./supervisor.ts";
import { dataVariable, isLed, killSlot, ownerMark, ownerVariable, slotVariable } from "./sweep.ts";

/** Exit code of supervisor.pl: it may not kill what is left. */
const somethingLeft = 142;
/** How long the last words of a process that has ended are waited for. */
const drainMs = 1_000;
/** A supervisor is told again and again that it has to end ... */
const tellEveryMs = 50;
const clearEveryMs = 5;
/** ... and is killed when it has not after so long: what it alone knows of is then left. */
const endTimeoutMs = 5_000;

export interface WorkerCommand {
	readonly file: string;
	readonly arguments: readonly string[];
	readonly environment: NodeJS.ProcessEnv;
	/** Where it stands, and for the pipe while it is opened. */
	readonly directory: string;
	readonly dataDirectoryId: string;
	/**
	 * It may start others. Then it has a supervisor, where that is possible; and its stdout and stderr are one and the same
	 * real pipe, so that the log is in the order in which it was printed, and /dev/stdout and /dev/stderr can be opened,
	 * which Node's sockets do not allow.
	 */
	readonly startsPrograms: boolean;
}

export interface WorkerListener {
	printed(bytes: Buffer): void;
	frame(kind: string, text: string): void;
	/** The process has ended and everything that it printed was heard. */
	ended(): void;
	/** Something of it could not be ended or removed. */
	leftBehind(error: WatchRabbitError): void;
}

/** A process that takes lines on stdin and answers in frames among what it prints. It leads a session of its own. */
export class WorkerProcess {
	readonly slot: string;
	/** Its TMPDIR while it starts: it removes that itself, unless it is killed before. */
	readonly #temporary: string;
	readonly nonce = randomBytes(12).toString("hex");
	/** The leader of its session: its supervisor, or itself; undefined if it could not be started. */
	readonly leader: ProcessEntry | undefined;
	supervised: boolean;
	#said: number | undefined;
	/** Why it could not be. */
	failure: NodeJS.ErrnoException | undefined;
	readonly #child: ChildProcess;
	readonly #listener: WorkerListener;
	readonly #outputs: readonly Readable[];
	readonly #exited: Promise<void>;
	readonly #gone: Promise<void>;

	private constructor(command: WorkerCommand, slot: string, pipe: OpenPipe | undefined, listener: WorkerListener) {
		this.slot = slot;
		this.#temporary = join(command.directory, slot);
		this.#listener = listener;
		const output = pipe?.write ?? "pipe";
		const under = command.startsPrograms ? supervised(command) : undefined;
		this.supervised = under !== undefined;
		const { file, arguments: given } = under ?? command;
		this.#child = spawn(file, given, {
			cwd: command.directory,
			detached: true,
			stdio: ["pipe", output, output],
			env: {
				...command.environment,
				TMPDIR: this.#temporary,
				[slotVariable]: this.slot,
				[dataVariable]: command.dataDirectoryId,
				[ownerVariable]: ownerMark(),
			},
		});
		this.leader = processEntry(this.#child.pid ?? 0);
		const { stdin, stdout, stderr } = this.#child;
		const piped = pipe && new Socket({ fd: pipe.read, readable: true, writable: false });
		this.#outputs = [piped, stdout, stderr].filter((stream) => stream instanceof Socket);
		const splitter = new FrameSplitter(this.nonce, listener.printed, listener.frame);
		(piped ?? stdout)?.on("data", (chunk: Buffer) => splitter.push(chunk));
		stderr?.on("data", listener.printed);
		// What it wrote last matters more than that it could not be told something.
		stdin?.on("error", () => {});
		this.#exited = new Promise<void>((resolve) => {
			this.#child.once("exit", () => resolve());
			this.#child.once("error", (error) => {
				this.failure = error;
				resolve();
			});
		});
		const drained = Promise.allSettled(this.#outputs.map((stream) => finished(stream)));
		this.#gone = this.#exited.then(() => this.#cleared(drained)).then(() => listener.ended());
	}

	/** @throws WatchRabbitError R_START_FAILED, and the system's errors: then nothing of it is left */
	static async start(command: WorkerCommand, listener: WorkerListener): Promise<WorkerProcess> {
		const slot = randomUUID();
		const temporary = join(command.directory, slot);
		await mkdir(temporary, { recursive: true });
		let pipe: OpenPipe | undefined;
		try {
			pipe = command.startsPrograms ? await openPipe(command.directory) : undefined;
			return new WorkerProcess(command, slot, pipe, listener);
		} catch (thrown) {
			if (pipe !== undefined) closeSync(pipe.read);
			await rm(temporary, { recursive: true });
			throw thrown;
		} finally {
			if (pipe !== undefined) closeSync(pipe.write);
		}
	}

	/** What it says itself: what was started may be a script that starts it. One that leads its session has no supervisor. */
	isProcess(pid: number): void {
		this.#said ??= pid;
		if (pid === this.leader?.pid) this.supervised = false;
	}

	/** 0 if it could not be started, or is no more. */
	get pid(): number {
		const pid = this.#child.pid ?? 0;
		return this.#said ?? (this.supervised ? (childrenOf(pid)?.[0] ?? 0) : pid);
	}

	tell(line: string): void {
		this.#child.stdin?.write(`${line}\n`);
	}

	/** Kills it and everything that it started; resolves when nothing of it is left, or what is was told. Never rejects. */
	async kill(): Promise<void> {
		const startedAt = performance.now();
		try {
			while (this.runs) {
				this.#end(performance.now() - startedAt);
				await Promise.race([this.#exited, sleep(tellEveryMs)]);
			}
		} catch (thrown) {
			return this.#listener.leftBehind(asWatchRabbitError(thrown));
		}
		await this.#gone;
	}

	/** Kills a run in a fork of it. False when it is none. @throws WatchRabbitError KILL_REFUSED (fault) */
	killFork(pid: number): boolean {
		return kill(pid, (now) =>
			this.supervised ? childrenOf(this.pid)?.includes(pid) === true : isLed(now, this.leader),
		);
	}

	/** Has its supervisor end what is older than the run under way. @throws WatchRabbitError KILL_REFUSED (fault) */
	endOrphans(): void {
		if (this.supervised && this.runs) this.#tellSupervisor("SIGUSR1");
	}

	/** When no run is under way: resolves when nothing is left but itself. Never rejects. */
	async clear(): Promise<void> {
		const startedAt = performance.now();
		try {
			if (!this.supervised) return await killSlot(this.slot, this.leader, this.leader);
			while (this.runs && (childrenOf(this.#child.pid as number)?.length ?? 0) > 1) {
				if (performance.now() - startedAt > endTimeoutMs) return await this.kill();
				this.endOrphans();
				await sleep(clearEveryMs);
			}
		} catch (thrown) {
			this.#listener.leftBehind(asWatchRabbitError(thrown));
		}
	}

	/** Once it has ended and is collected, its pid may be another's. */
	get runs(): boolean {
		const { pid, exitCode, signalCode } = this.#child;
		return pid !== undefined && exitCode === null && signalCode === null;
	}

	#end(afterMs: number): void {
		const pid = this.#child.pid as number;
		if (!this.supervised || afterMs > endTimeoutMs) return void killGroup(pid);
		this.#tellSupervisor("SIGTERM");
	}

	/** It may have been stopped. A signal that comes in the moment before it waits is taken up with the next one. */
	#tellSupervisor(signal: NodeJS.Signals): void {
		const pid = this.#child.pid as number;
		tell(pid, "SIGCONT");
		tell(pid, signal);
	}

	/** Never rejects: the worker has ended, whatever is left of it. */
	async #cleared(drained: Promise<unknown>): Promise<void> {
		const told = (thrown: unknown) => this.#listener.leftBehind(asWatchRabbitError(thrown));
		// Whatever it started holds the pipe open too. A supervisor that ended by itself says whether something is left.
		const { signalCode, exitCode } = this.#child;
		if (!this.supervised || signalCode !== null || exitCode === somethingLeft)
			await killSlot(this.slot, this.leader).catch(told);
		// What hides from us (no marks, a session of its own) may hold it open; nobody waits for that.
		const patience = setTimeout(() => this.#outputs.forEach((stream) => void stream.destroy()), drainMs);
		await drained;
		clearTimeout(patience);
		await rm(this.#temporary, { recursive: true, force: true }).catch(told);
	}
}
