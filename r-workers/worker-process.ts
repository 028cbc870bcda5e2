import { type ChildProcess, execFile, spawn } from "node:child_process";
import { randomBytes, randomUUID } from "node:crypto";
import { closeSync, constants, mkdirSync, openSync } from "node:fs";
import { mkdir, rm } from "node:fs/promises";
import { Socket } from "node:net";
import { join } from "node:path";
import { promisify } from "node:util";
import { FrameSplitter } from "./frames.ts";
import { killGroup } from "./kill.ts";
import { type ProcessEntry, processEntry } from "./processes.ts";
import { dataVariable, killSlot, ownerMark, ownerVariable, slotVariable } from "./sweep.ts";

const execute = promisify(execFile);

/** How long the last words of a process that has ended are waited for. */
const drainMs = 1_000;

export interface WorkerCommand {
	readonly file: string;
	readonly arguments: readonly string[];
	readonly environment: NodeJS.ProcessEnv;
	/** Where it stands, and for the pipe while it is opened. */
	readonly directory: string;
	readonly dataDirectoryId: string;
}

export interface WorkerListener {
	printed(bytes: Buffer): void;
	frame(kind: string, text: string): void;
	/** The process has ended and everything that it printed was heard. */
	ended(): void;
}

/**
 * A process that takes lines on stdin and answers in frames among what it prints.
 *
 * It leads a session of its own. Its stdout and stderr are one and the same real pipe, so that the log is in the order
 * in which it was printed, and /dev/stdout and /dev/stderr can be opened, which Node's sockets do not allow.
 */
export class WorkerProcess {
	readonly slot = randomUUID();
	/** Its TMPDIR while it starts: it removes that itself, unless it is killed before. */
	readonly #temporary: string;
	readonly nonce = randomBytes(12).toString("hex");
	/** Itself, as the leader of its session; undefined if it could not be started. */
	readonly leader: ProcessEntry | undefined;
	readonly #child: ChildProcess;
	readonly #output: Socket;
	readonly #gone: Promise<void>;

	private constructor(command: WorkerCommand, pipe: OpenPipe, listener: WorkerListener) {
		this.#temporary = join(command.directory, this.slot);
		mkdirSync(this.#temporary);
		this.#child = spawn(command.file, command.arguments, {
			cwd: command.directory,
			detached: true,
			stdio: ["pipe", pipe.write, pipe.write],
			env: {
				...command.environment,
				TMPDIR: this.#temporary,
				[slotVariable]: this.slot,
				[dataVariable]: command.dataDirectoryId,
				[ownerVariable]: ownerMark(),
			},
		});
		closeSync(pipe.write);
		this.leader = this.pid > 0 ? processEntry(this.pid) : undefined;
		this.#output = new Socket({ fd: pipe.read, readable: true, writable: false });
		const splitter = new FrameSplitter(this.nonce, listener.printed, listener.frame);
		this.#output.on("data", (chunk: Buffer) => splitter.push(chunk));
		// What it wrote last matters more than that it could not be told something.
		this.#child.stdin?.on("error", () => {});
		const drained = new Promise<void>((resolve) => this.#output.once("close", () => resolve()));
		const exited = new Promise<void>((resolve) => {
			this.#child.once("exit", () => resolve());
			this.#child.once("error", () => resolve());
		});
		this.#gone = exited
			// Whatever it started holds the pipe open too.
			.then(() => killSlot(this.slot, this.leader))
			.then(() => this.#drained(drained))
			.then(() => rm(this.#temporary, { recursive: true, force: true }))
			.then(() => listener.ended());
	}

	static async start(command: WorkerCommand, listener: WorkerListener): Promise<WorkerProcess> {
		await mkdir(command.directory, { recursive: true });
		return new WorkerProcess(command, await openPipe(command.directory), listener);
	}

	/** 0 if it could not be started. */
	get pid(): number {
		return this.#child.pid ?? 0;
	}

	tell(line: string): void {
		this.#child.stdin?.write(`${line}\n`);
	}

	/** Kills it and everything that it started; resolves when nothing of it is left. */
	async kill(): Promise<void> {
		// Once it is collected, its pid may be another's.
		if (this.pid > 0 && this.#child.exitCode === null && this.#child.signalCode === null) killGroup(this.pid);
		await this.#gone;
	}

	/** What hides from us (no marks, a session of its own) may hold the pipe open; nobody waits for that. */
	async #drained(drained: Promise<void>): Promise<void> {
		const patience = setTimeout(() => this.#output.destroy(), drainMs);
		await drained;
		clearTimeout(patience);
	}
}

interface OpenPipe {
	readonly read: number;
	readonly write: number;
}

/** A pipe with both ends in our hands: a FIFO that loses its name as soon as it is open. */
async function openPipe(directory: string): Promise<OpenPipe> {
	const path = join(directory, `${randomUUID()}.fifo`);
	await execute("mkfifo", ["-m", "600", path]);
	try {
		// The reading end first, and without waiting for a writer.
		const read = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
		return { read, write: openSync(path, constants.O_WRONLY) };
	} finally {
		await rm(path);
	}
}
