import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";

/** A way to have every file that appears in a folder analysed by an R script. */
export interface Peer {
	readonly name: string;
	/** Programs that it needs, each with the Debian package that has it. */
	readonly needs: Readonly<Record<string, string>>;
	/** Resolves when it watches. `results` gets a file for each input. */
	start(setup: PeerSetup): Promise<RunningPeer>;
}

export interface PeerSetup {
	readonly watched: string;
	readonly results: string;
	readonly analysis: string;
	/** An empty directory for what the peer keeps. */
	readonly scratch: string;
}

export interface RunningPeer {
	stop(): Promise<void>;
}

/** Starts a command as a process group of its own, so that all that it starts ends with it. */
export function startGroup(command: string, args: readonly string[], says?: RegExp): Promise<RunningPeer> {
	const child = spawn(command, args, { detached: true, stdio: ["ignore", "pipe", "pipe"] });
	return new Promise((resolve, reject) => {
		let output = "";
		const ready = () => resolve({ stop: () => endGroup(child) });
		for (const stream of [child.stdout, child.stderr]) {
			stream.setEncoding("utf8").on("data", (text: string) => {
				output += text;
				if (says?.test(output)) ready();
			});
		}
		child.once("error", reject);
		child.once("exit", (code) => reject(new Error(`${command} ended with ${code}: ${output.slice(-2000)}`)));
		if (says === undefined) child.once("spawn", ready);
	});
}

async function endGroup(child: ChildProcess): Promise<void> {
	if (child.exitCode !== null || child.pid === undefined) return;
	process.kill(-child.pid, "SIGKILL");
	await once(child, "exit");
}
