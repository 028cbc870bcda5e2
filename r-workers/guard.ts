import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { asWatchRabbitError, type WatchRabbitError } from "#core/errors.ts";
import { ownerMark, ownerVariable } from "./sweep.ts";

/**
 * Waits for a word, or for the end of its input: then whoever started it was killed, and it ends what that one started.
 * Supervisors are given a second to end all that they know of; the rest is killed three times over, because what is
 * killed may have started more.
 */
const script = `
read -r word && exit
for signal in TERM KILL KILL KILL; do
	for file in $(grep -lzFx "$1" /proc/[0-9]*/environ 2>/dev/null); do
		pid=\${file#/proc/}
		kill -$signal "\${pid%/environ}" 2>/dev/null
	done
	[ $signal = TERM ] && sleep 1
done`;

/** A process beside this one that outlives it, to end its workers and all that these started if it is killed. */
export class Guard {
	readonly #process: ChildProcess;

	constructor(failed: (error: WatchRabbitError) => void) {
		this.#process = spawn("/bin/sh", ["-c", script, "watchrabbit-guard", `${ownerVariable}=${ownerMark()}`], {
			// In a session of its own: what ends the group of this process is not to end it as well.
			detached: true,
			stdio: ["pipe", "ignore", "ignore"],
			env: { PATH: process.env.PATH },
		});
		this.#process.on("error", (error) => failed(asWatchRabbitError(error)));
		this.#process.stdin?.on("error", () => {});
		this.#process.unref();
	}

	/** Resolves when it has gone. */
	async dismiss(): Promise<void> {
		const { pid, exitCode, signalCode, stdin } = this.#process;
		if (pid === undefined || exitCode !== null || signalCode !== null) return;
		const gone = once(this.#process, "exit");
		this.#process.ref();
		stdin?.end("dismissed\n");
		await gone;
	}
}
