import { permanent, transient } from "#core/errors.ts";
import type { LocalProcess } from "./application.ts";
import type { CommandContext, ConfigOption } from "./command.ts";

export type Served = LocalProcess & { readonly address: string };

/**
 * The processes of a configuration on this machine that can be asked; the others are told of on the side.
 *
 * @throws WatchRabbitError NOT_RUNNING, NOT_SERVED (permanent)
 */
export async function servedProcesses({ application, terminal }: CommandContext, { config }: ConfigOption) {
	const all = await application.processes(config);
	if (all.length === 0) {
		throw permanent("NOT_RUNNING", "nothing runs on this machine with this configuration", {
			fix: "Start it (watchrabbit up), or name another configuration with -c.",
		});
	}
	const served = all.filter((process): process is Served => process.address !== undefined);
	const pids = all.filter(({ address }) => address === undefined).map(({ pid }) => pid);
	if (served.length === 0) throw permanent("NOT_SERVED", unasked(pids), { fix: howToServe(pids) });
	if (pids.length > 0) terminal.tell(`${unasked(pids)}\n→ ${howToServe(pids)}\n`);
	return { served, unserved: pids };
}

function unasked(pids: readonly number[]): string {
	return `process ${pids.join(", ")} cannot be asked: it serves neither the API nor health`;
}

function howToServe(pids: readonly number[]): string {
	return `Set http.operations (for example 127.0.0.1:0) and start again; its log alone also gets louder, for ten minutes, by: kill -USR2 ${pids.join(" ")}`;
}

const patienceMs = 10_000;

/**
 * Asks a process; answers of failure are answers, too.
 *
 * @throws WatchRabbitError PROCESS_SILENT (transient)
 */
export async function ask({ pid, address }: Served, path: string, request: RequestInit = {}): Promise<unknown> {
	try {
		const answer = await fetch(address + path, { ...request, signal: AbortSignal.timeout(patienceMs) });
		return await answer.json();
	} catch (cause) {
		throw transient("PROCESS_SILENT", `process ${pid} does not answer at ${address}`, {
			cause,
			fix: "Ask again in a moment; if that does not help, look at its log, and at what it waits for.",
		});
	}
}
