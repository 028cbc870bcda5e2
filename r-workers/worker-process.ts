import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes, randomUUID } from "node:crypto";
import { closeSync } from "node:fs";
import { mkdir, rm } from "node:fs/promises";
import { Socket } from "node:net";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { finished } from "node:stream/promises";
import { asWatchRabbitError, type WatchRabbitError } from "#core/errors.ts";
import { FrameSplitter } from "./frames.ts";
import { killGroup } from "./kill.ts";
import { type OpenPipe, openPipe } from "./named-pipe.ts";
import { type ProcessEntry, processEntry } from "./processes.ts";
import { dataVariable, killSlot, ownerMark, ownerVariable, slotVariable } from "./sweep.ts";

/** How long the last words of a process that has ended are waited for. */
const drainMs = 1_000;

export interface WorkerCommand {
	readonly file: string;
	readonly arguments: readonly string[];
	readonly environment: NodeJS.ProcessEnv;
	/** Where it stands, and for the pipe while it is opened. */
	readonly directory: string;
	readonly dataDirectoryId: string;
	/**
	 * Its stdout and stderr are to be one and the same real pipe, so that the log is in the order in which it was printed,
	 * and /dev/stdout and /dev/stderr can be opened, which Node's sockets do not allow. What has neither programs nor a
	 * second stream of its own does without.
	 */
	readonly onePipe: boolean;
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
	/** Itself, as the leader of its session; undefined if it could not be started. */
	readonly leader: ProcessEntry | undefined;
	/** Why it could not be. */
	failure: NodeJS.ErrnoException | undefined;
	readonly #child: ChildProcess;
	readonly #listener: WorkerListener;
	readonly #outputs: readonly Readable[];
	readonly #gone: Promise<void>;

	private constructor(command: WorkerCommand, slot: string, pipe: OpenPipe | undefined, listener: WorkerListener) {
		this.slot = slot;
		this.#temporary = join(command.directory, slot);
		this.#listener = listener;
		const output = pipe?.write ?? "pipe";
		this.#child = spawn(command.file, command.arguments, {
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
		this.leader = this.pid > 0 ? processEntry(this.pid) : undefined;
		const { stdin, stdout, stderr } = this.#child;
		const piped = pipe && new Socket({ fd: pipe.read, readable: true, writable: false });
		this.#outputs = [piped, stdout, stderr].filter((stream) => stream instanceof Socket);
		const splitter = new FrameSplitter(this.nonce, listener.printed, listener.frame);
		(piped ?? stdout)?.on("data", (chunk: Buffer) => splitter.push(chunk));
		stderr?.on("data", listener.printed);
		// What it wrote last matters more than that it could not be told something.
		stdin?.on("error", () => {});
		const exited = new Promise<void>((resolve) => {
			this.#child.once("exit", () => resolve());
			this.#child.once("error", (error) => {
				this.failure = error;
				resolve();
			});
		});
		const drained = Promise.allSettled(this.#outputs.map((stream) => finished(stream)));
		this.#gone = exited.then(() => this.#cleared(drained)).then(() => listener.ended());
	}

	/** @throws WatchRabbitError R_START_FAILED, and the system's errors: then nothing of it is left */
	static async start(command: WorkerCommand, listener: WorkerListener): Promise<WorkerProcess> {
		const slot = randomUUID();
		const temporary = join(command.directory, slot);
		await mkdir(temporary, { recursive: true });
		let pipe: OpenPipe | undefined;
		try {
			pipe = command.onePipe ? await openPipe(command.directory) : undefined;
			return new WorkerProcess(command, slot, pipe, listener);
		} catch (thrown) {
			if (pipe !== undefined) closeSync(pipe.read);
			await rm(temporary, { recursive: true });
			throw thrown;
		} finally {
			if (pipe !== undefined) closeSync(pipe.write);
		}
	}

	/** 0 if it could not be started. */
	get pid(): number {
		return this.#child.pid ?? 0;
	}

	tell(line: string): void {
		this.#child.stdin?.write(`${line}\n`);
	}

	/** Kills it and everything that it started; resolves when nothing of it is left, or what is was told. Never rejects. */
	async kill(): Promise<void> {
		try {
			// Once it is collected, its pid may be another's.
			if (this.pid > 0 && this.#child.exitCode === null && this.#child.signalCode === null) killGroup(this.pid);
		} catch (thrown) {
			return this.#listener.leftBehind(asWatchRabbitError(thrown));
		}
		await this.#gone;
	}

	/** Never rejects: the worker has ended, whatever is left of it. */
	async #cleared(drained: Promise<unknown>): Promise<void> {
		const told = (thrown: unknown) => this.#listener.leftBehind(asWatchRabbitError(thrown));
		// Whatever it started holds the pipe open too.
		await killSlot(this.slot, this.leader).catch(told);
		// What hides from us (no marks, a session of its own) may hold it open; nobody waits for that.
		const patience = setTimeout(() => this.#outputs.forEach((stream) => void stream.destroy()), drainMs);
		await drained;
		clearTimeout(patience);
		await rm(this.#temporary, { recursive: true, force: true }).catch(told);
	}
}
