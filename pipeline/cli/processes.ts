import { permanent, transient } from "#core/errors.ts";
import type { LocalProcess } from "./application.ts";
import type { CommandContext, ConfigOption } from "./command.ts";

type Served = LocalProcess & { readonly address: string };

/** What a process answered. */
export type Answer<T> = T & { readonly pid: number };

/**
 * Asks all processes of a configuration on this machine at once; those that cannot be asked, and those that do not answer,
 * are told of on the side. Answers of failure are answers, too.
 *
 * @throws WatchRabbitError NOT_RUNNING, NOT_SERVED (permanent); PROCESS_SILENT (transient) where none answers
 */
export async function askProcesses<T extends object>(
	{ application, terminal }: CommandContext,
	{ config }: ConfigOption,
	path: string,
	request: RequestInit = {},
): Promise<{ readonly answers: readonly Answer<T>[]; readonly byAll: boolean }> {
	const all = await application.processes(config);
	if (all.length === 0) {
		throw permanent("NOT_RUNNING", "nothing runs on this machine with this configuration", {
			fix: "Start it (watchrabbit up), or name another configuration with -c.",
		});
	}
	const served = all.filter((process): process is Served => process.address !== undefined);
	const pids = all.filter(({ address }) => address === undefined).map(({ pid }) => pid);
	if (served.length === 0) throw permanent("NOT_SERVED", unasked(pids), { fix: howToServe(pids) });
	const asked = await Promise.all(served.map((process) => ask<T>(process, path, request)));
	const answers = asked.filter((answer) => answer !== undefined);
	const silent = served.filter((_, at) => asked[at] === undefined);
	if (answers.length === 0) throw transient("PROCESS_SILENT", unanswered(silent), { fix: whatToLookAt });
	if (silent.length > 0) terminal.tell(`${unanswered(silent)}\n→ ${whatToLookAt}\n`);
	if (pids.length > 0) terminal.tell(`${unasked(pids)}\n→ ${howToServe(pids)}\n`);
	return { answers, byAll: answers.length === all.length };
}

/** Undefined where there is no answer. */
async function ask<T>({ pid, address }: Served, path: string, request: RequestInit): Promise<Answer<T> | undefined> {
	try {
		const answer = await fetch(address + path, { ...request, signal: AbortSignal.timeout(patienceMs) });
		return { pid, ...((await answer.json()) as T) };
	} catch {
		return undefined;
	}
}

const patienceMs = 10_000;

function unanswered(silent: readonly Served[]): string {
	return silent.map(({ pid, address }) => `process ${pid} does not answer at ${address}`).join("; ");
}

const whatToLookAt = "Ask again in a moment; if that does not help, look at its log, and at what it waits for.";

function unasked(pids: readonly number[]): string {
	return `process ${pids.join(", ")} cannot be asked: it serves neither the API nor health`;
}

function howToServe(pids: readonly number[]): string {
	return `Set http.operations (for example 127.0.0.1:0) and start again; its log alone also gets louder, for ten minutes, by: kill -USR2 ${pids.join(" ")}`;
}
