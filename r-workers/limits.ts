import { execFile } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { setPriority } from "node:os";
import { promisify } from "node:util";
import type { PoolSettings } from "#domain/settings.ts";

const execute = promisify(execFile);

/** What the kernel holds a worker's process to, and every process that comes of it. */
export async function limit(pid: number, settings: PoolSettings, { memory }: { memory: boolean }): Promise<void> {
	if (settings.cpuShare < 1) shareCpu(pid, settings.cpuShare);
	const limits = [`--nofile=${settings.openFiles}`];
	// R's own limit of memory holds for R's vectors; this one for everything, C code included.
	if (memory && settings.memoryBytes !== undefined) {
		limits.push(`--as=${Math.round(mappedBytes(pid) + settings.memoryBytes)}`);
	}
	// One file alone may not be larger; of the sum we keep watch.
	if (settings.diskBytes !== undefined) limits.push(`--fsize=${settings.diskBytes}`);
	// Without it (util-linux) what R limits itself is all.
	await execute("prlimit", ["--pid", String(pid), ...limits]).catch(() => {});
}

/** What a warm process has mapped before its first run is not counted. */
function mappedBytes(pid: number): number {
	return 1024 * Number(/^VmSize:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "latin1"))?.[1]);
}

/** Each step of niceness is a fifth less: the kernel's weights are powers of 1.25 (sched(7), sched_prio_to_weight). */
function shareCpu(pid: number, share: number): void {
	const niceness = Math.min(19, Math.round(-Math.log(share) / Math.log(1.25)));
	setPriority(pid, niceness);
	try {
		// Between sessions the kernel weighs their groups, and a worker leads a session of its own.
		writeFileSync(`/proc/${pid}/autogroup`, String(niceness));
	} catch {
		// a kernel without such groups weighs the processes
	}
}
