import { kill } from "./kill.ts";
import { allProcesses, environmentOf, isAlive, isSameProcess, type ProcessEntry, processEntry } from "./processes.ts";

/**
 * Every process of a worker carries these in its environment, and so does whatever it starts, in whichever process
 * group or session.
 */
export const slotVariable = "WATCHRABBIT_SLOT";
export const dataVariable = "WATCHRABBIT_DATA";
/** pid and start of the process that holds the pool. */
export const ownerVariable = "WATCHRABBIT_OWNER";

export function ownerMark(): string {
	return `${process.pid}-${processEntry(process.pid)?.startTicks ?? 0}`;
}

/** A worker as it is now, seen from outside. */
export interface SlotView {
	readonly slot: string;
	/** The process that leads the worker's session, kept alive; undefined if it never was there. */
	readonly leader: ProcessEntry | undefined;
	/** Whether a run is under way in it ... */
	readonly busy: boolean;
	/** ... and in which process, as soon as that is known. */
	readonly child: number | undefined;
	/** A supervisor finds them by itself. */
	readonly endOrphans: (() => void) | undefined;
}

/** Kills what runs left behind them: everything in a worker that is older than the run under way in it. */
export async function sweepLeftovers(slots: () => readonly SlotView[]): Promise<void> {
	for (const { endOrphans } of slots()) endOrphans?.();
	const unsupervised = () => slots().filter(({ endOrphans }) => endOrphans === undefined);
	if (unsupervised().length === 0) return;
	const refused: unknown[] = [];
	for await (const entry of allProcesses()) {
		// Looked up anew for every process: runs begin and end while we walk.
		const view = slotOf(entry, unsupervised());
		if (view !== undefined && isLeftover(entry, view)) killSame(entry, refused);
	}
	if (refused.length > 0) throw refused[0];
}

function isLeftover(entry: ProcessEntry, { leader, busy, child }: SlotView): boolean {
	if (entry.pid === leader?.pid) return false;
	if (!busy) return true;
	const run = child === undefined ? undefined : processEntry(child);
	return run !== undefined && entry.startTicks < run.startTicks;
}

/** Kills what was looked at, and not what has its pid by now. One that may not be killed keeps us from no other. */
function killSame(entry: ProcessEntry, refused: unknown[]): boolean {
	try {
		return kill(entry.pid, (now) => isSameProcess(now, entry));
	} catch (thrown) {
		refused.push(thrown);
		return false;
	}
}

/**
 * Whether a process is of the session that a worker leads. A worker that never started leads none. The kernel gives a
 * leader's pid to nobody while its session has members: one of that pid that started at another time leads another.
 */
export function isLed({ session }: ProcessEntry, leader: ProcessEntry | undefined): boolean {
	if (leader === undefined || leader.pid <= 1 || session !== leader.pid) return false;
	const now = processEntry(leader.pid);
	return now === undefined || isSameProcess(now, leader);
}

function slotOf(entry: ProcessEntry, slots: readonly SlotView[]): SlotView | undefined {
	const led = slots.find(({ leader }) => isLed(entry, leader));
	if (led !== undefined) return led;
	const slot = environmentOf(entry.pid, slotVariable);
	return slot === undefined ? undefined : slots.find((view) => view.slot === slot);
}

/** More rounds than any chain of processes that start one another needs; a fork bomb is ended with its group first. */
const mostRounds = 20;

/** Kills everything of a worker but `spared`, again and again until nothing is found: what is killed may have started more. @throws KILL_REFUSED when something is left */
export async function killSlot(slot: string, leader: ProcessEntry | undefined, spared?: ProcessEntry): Promise<void> {
	const refused: unknown[] = [];
	for (let round = 0, found = 1; round < mostRounds && found > 0; round++) {
		found = 0;
		for await (const entry of allProcesses()) {
			if (entry.pid === spared?.pid) continue;
			if (!isLed(entry, leader) && environmentOf(entry.pid, slotVariable) !== slot) continue;
			if (killSame(entry, refused)) found++;
		}
	}
	if (refused.length > 0) throw refused[0];
}

/**
 * At start-up: kills what workers of a data directory left when their owner was killed. What belongs to a living owner
 * stays. Gives how many were killed.
 */
export async function sweepOrphans(dataDirectoryId: string): Promise<number> {
	// One that was killed is seen for another moment.
	const killed = new Set<string>();
	const others: unknown[] = []; // another user's are none of ours
	for (let round = 0; round < mostRounds; round++) {
		let found = 0;
		for await (const entry of allProcesses()) {
			if (environmentOf(entry.pid, dataVariable) !== dataDirectoryId) continue;
			const owner = environmentOf(entry.pid, ownerVariable);
			if (owner === undefined || ownerLives(owner) || !killSame(entry, others)) continue;
			found++;
			killed.add(`${entry.pid}-${entry.startTicks}`);
		}
		if (found === 0) break;
	}
	return killed.size;
}

function ownerLives(mark: string): boolean {
	const [pid = 0, startTicks = 0] = mark.split("-").map(Number);
	return isAlive(pid) && processEntry(pid)?.startTicks === startTicks;
}
