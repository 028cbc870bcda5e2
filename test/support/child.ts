import { type ChildProcessByStdio, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import { fileURLToPath } from "node:url";

/** A program of ours in a process of its own, read line by line. */
export interface Child {
	readonly pid: number;
	/** The next line of its standard output; undefined once it has ended. */
	line(): Promise<string | undefined>;
	/** Ends it as a power cut would, and waits until it is gone. */
	kill(): Promise<void>;
}

export function startChild(script: URL, ...args: readonly string[]): Child {
	const options = { stdio: ["pipe", "pipe", "inherit"] as ["pipe", "pipe", "inherit"] };
	const child: ChildProcessByStdio<Writable, Readable, null> = spawn(
		process.execPath,
		["--conditions=source", fileURLToPath(script), ...args],
		options,
	);
	const ended = once(child, "close");
	const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
	return {
		pid: child.pid as number,
		line: async () => {
			const next = await lines.next();
			return next.done ? undefined : next.value;
		},
		kill: async () => {
			child.kill("SIGKILL");
			await ended;
		},
	};
}
