import { fault } from "#core/errors.ts";
import { hasProcessTable, type ProcessEntry, processEntry } from "./processes.ts";

/**
 * Why no signal may ever go to this number; undefined when one may. To the kernel 0 is our own group and -1 everybody;
 * 1 is init. Our workers lead sessions of their own, so that whatever is in our own group is none of them.
 */
export function whyNot(pid: number, self = processEntry(process.pid), of = processEntry(pid)): string | undefined {
	if (!Number.isSafeInteger(pid)) return "it is no process id";
	if (pid <= 1) return "it stands for more than one process, or for init";
	if (pid === process.pid || pid === process.ppid) return "it is this program, or the one that started it";
	if (self === undefined || of === undefined) return undefined;
	if (of.group === self.group) return "it is in this program's own process group";
	if (of.session === 0) return "it belongs to the system";
	return undefined;
}

/**
 * Kills one process, if it is still the one that was meant: pids are used again. False when there was nothing to kill.
 *
 * @throws WatchRabbitError KILL_REFUSED (fault) for a number that is not one process of others' making
 */
export function kill(pid: number, isMeant: (now: ProcessEntry) => boolean): boolean {
	refuse(pid);
	const now = processEntry(pid);
	if (now === undefined ? hasProcessTable() : !isMeant(now)) return false;
	return send(pid);
}

/**
 * Tells something to a process, which must be a child of ours that was not collected yet: its pid is no one else's.
 *
 * @throws WatchRabbitError KILL_REFUSED (fault)
 */
export function tell(pid: number, signal: NodeJS.Signals): boolean {
	refuse(pid);
	return send(pid, signal);
}

/**
 * Kills a process group by its leader, which must be a child of ours that was not collected yet: its pid is no one else's.
 *
 * @throws WatchRabbitError KILL_REFUSED (fault)
 */
export function killGroup(leader: number): boolean {
	refuse(leader);
	return send(-leader);
}

function refuse(pid: number): void {
	const reason = whyNot(pid);
	if (reason !== undefined) throw fault("KILL_REFUSED", `refused to kill ${pid}: ${reason}`);
}

function send(target: number, signal: NodeJS.Signals = "SIGKILL"): boolean {
	try {
		process.kill(target, signal);
		return true;
	} catch (thrown) {
		if ((thrown as NodeJS.ErrnoException).code !== "EPERM") return false; // there is none any more
		throw fault("KILL_REFUSED", `refused to kill ${Math.abs(target)}: it belongs to another user`);
	}
}
