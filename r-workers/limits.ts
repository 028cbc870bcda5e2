import { execFile } from "node:child_process";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { getPriority, setPriority } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import type { PoolSettings } from "#domain/settings.ts";
import { statusBytes } from "./processes.ts";

const execute = promisify(execFile);

/** The kernel lets a user change the weight of a group ten times a second. */
const groupAgainMs = 120;
const groupTries = 25;

/**
 * What the kernel holds a worker's process to, and every process that comes of it. Where it has no means to (no prlimit,
 * which is of util-linux; no /proc) R's own limit of memory is all, as `doctor` says.
 *
 * @throws the system's error for a limit that it has the means for and does not take
 */
export async function limit(pid: number, settings: PoolSettings, { memory }: { memory: boolean }): Promise<void> {
	if (settings.cpuShare < 1) await shareCpu(pid, settings.cpuShare);
	const { openFiles, memoryBytes, diskBytes } = settings;
	// What a warm process has mapped before its first run is not counted.
	const mapped = statusBytes(pid, "VmSize");
	const wanted: [option: string, of: string, value: number | undefined][] = [
		["nofile", "Max open files", openFiles],
		// R's own limit of memory holds for R's vectors; this one for everything, C code included.
		["as", "Max address space", memory && memoryBytes && mapped ? mapped + memoryBytes : undefined],
		// One file alone may not be larger; of the sum we keep watch.
		["fsize", "Max file size", diskBytes],
	];
	const most = hardLimits(pid);
	const options = wanted.flatMap(([option, of, value]) =>
		value === undefined ? [] : [`--${option}=${Math.min(Math.round(value), most(of))}`],
	);
	try {
		await execute("prlimit", ["--pid", String(pid), ...options]);
	} catch (thrown) {
		if ((thrown as NodeJS.ErrnoException).code !== "ENOENT") throw thrown;
	}
}

/** Above these nobody but root may go. */
function hardLimits(pid: number): (of: string) => number {
	const limits = textOf(`/proc/${pid}/limits`);
	return (of) => {
		const hard = new RegExp(`^${of}\\s+\\S+\\s+(\\d+)`, "m").exec(limits)?.[1];
		return hard === undefined ? Number.MAX_SAFE_INTEGER : Number(hard);
	};
}

/** Empty where there is no such thing. */
function textOf(file: string): string {
	try {
		return readFileSync(file, "latin1");
	} catch {
		return "";
	}
}

/**
 * Each step of niceness is a fifth less: the kernel's weights are powers of 1.25 (sched(7), sched_prio_to_weight). Counted
 * from where we are ourselves: back from there only root may go.
 */
async function shareCpu(pid: number, share: number): Promise<void> {
	const niceness = Math.min(19, getPriority() + Math.round(-Math.log(share) / Math.log(1.25)));
	for (const thread of threadsOf(pid)) setPriority(thread, niceness);
	// Between sessions the kernel weighs their groups, and a worker leads a session of its own.
	for (let tries = 1; ; tries++) {
		try {
			return writeFileSync(`/proc/${pid}/autogroup`, String(niceness));
		} catch (thrown) {
			const { code } = thrown as NodeJS.ErrnoException;
			if (code === "ENOENT") return; // a kernel without such groups weighs the processes
			if (code !== "EAGAIN" || tries === groupTries) throw thrown;
			await sleep(groupAgainMs);
		}
	}
}

function threadsOf(pid: number): readonly number[] {
	try {
		return readdirSync(`/proc/${pid}/task`).map(Number);
	} catch {
		return [pid];
	}
}
