import { readdirSync, readFileSync } from "node:fs";
import { setImmediate as nextTurn } from "node:timers/promises";

/** One line of the kernel's process table. */
export interface ProcessEntry {
	readonly pid: number;
	/** Z is a process that has ended and waits to be collected. */
	readonly state: string;
	readonly group: number;
	readonly session: number;
	/** When it started, in ticks since boot: together with the pid it names a process for good. */
	readonly startTicks: number;
}

/** Undefined when there is no such process, or no /proc. */
export function processEntry(pid: number): ProcessEntry | undefined {
	try {
		const text = readFileSync(`/proc/${pid}/stat`, "latin1");
		// The command's name, in brackets, may hold anything.
		const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
		const [group, session, startTicks] = [Number(fields[2]), Number(fields[3]), Number(fields[19])];
		return { pid, state: fields[0] ?? "", group, session, startTicks };
	} catch {
		return undefined;
	}
}

/** False where nothing can be known of other processes: not on Linux. */
export function hasProcessTable(): boolean {
	return processEntry(process.pid) !== undefined;
}

/** A figure that the kernel keeps of a process' memory (proc(5)); undefined where it does not tell. */
export function statusBytes(pid: number, field: "VmHWM" | "VmRSS" | "VmSize"): number | undefined {
	try {
		const kilobytes = new RegExp(`^${field}:\\s+(\\d+) kB`, "m").exec(
			readFileSync(`/proc/${pid}/status`, "latin1"),
		)?.[1];
		return kilobytes === undefined ? undefined : 1024 * Number(kilobytes);
	} catch {
		return undefined;
	}
}

export function isSameProcess(a: ProcessEntry, b: ProcessEntry): boolean {
	return a.pid === b.pid && a.startTicks === b.startTicks;
}

export function isAlive(pid: number): boolean {
	if (!(pid > 0)) return false;
	try {
		process.kill(pid, 0);
	} catch (thrown) {
		if ((thrown as NodeJS.ErrnoException).code !== "EPERM") return false;
	}
	return processEntry(pid)?.state !== "Z";
}

/** Every process that started before now; lets the event loop breathe in between. */
export async function* allProcesses(): AsyncGenerator<ProcessEntry> {
	const pids = readPids();
	for (let i = 0; i < pids.length; i++) {
		if (i % 64 === 63) await nextTurn();
		const entry = processEntry(pids[i] as number);
		if (entry !== undefined && entry.state !== "Z") yield entry;
	}
}

function readPids(): number[] {
	try {
		return readdirSync("/proc").map(Number).filter(Number.isInteger);
	} catch {
		return [];
	}
}

/** A variable of the environment that a process was started with; undefined also where we may not look. */
export function environmentOf(pid: number, name: string): string | undefined {
	let environ: string;
	try {
		environ = readFileSync(`/proc/${pid}/environ`, "latin1");
	} catch {
		return undefined;
	}
	const at = environ.startsWith(`${name}=`) ? 0 : environ.indexOf(`\0${name}=`) + 1;
	if (at === 0 && !environ.startsWith(`${name}=`)) return undefined;
	const from = at + name.length + 1;
	const end = environ.indexOf("\0", from);
	return environ.slice(from, end < 0 ? undefined : end);
}

/** Counted since boot; 0 where the kernel does not say. */
export function kernelOomKills(): number {
	try {
		return Number(/^oom_kill (\d+)/m.exec(readFileSync("/proc/vmstat", "latin1"))?.[1] ?? 0);
	} catch {
		return 0;
	}
}
