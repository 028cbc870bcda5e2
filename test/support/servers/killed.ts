import type { ChildProcess } from "node:child_process";
import { once } from "node:events";

/** As a crash would end it; resolves when it has ended, also where it was ended before. */
export async function killed(server: ChildProcess | undefined): Promise<void> {
	if (server === undefined || server.exitCode !== null || server.signalCode !== null) return;
	const ended = once(server, "exit");
	server.kill("SIGKILL");
	await ended;
}
