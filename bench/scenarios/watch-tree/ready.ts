import { isolatedResult } from "../../harness.ts";

export interface WatchInput {
	readonly root: string;
	readonly ledger?: string;
	readonly directoriesOnly?: boolean;
}

export interface Ready {
	readonly seconds: number;
	/** Processor time of all its threads meanwhile, in user and system: what other work on the machine does not change. */
	readonly cpuSeconds: number;
	/** Resident memory of the process, and what it grew by since it began to watch. */
	readonly residentBytes: number;
	readonly grownBytes: number;
}

/** Measures from now until the returned function is called: once, when all is watched. */
export function measureReady(): () => void {
	const began = performance.now();
	const beganCpu = process.cpuUsage();
	const before = process.memoryUsage.rss();
	return () => {
		const seconds = (performance.now() - began) / 1000;
		const residentBytes = process.memoryUsage.rss();
		const { user, system } = process.cpuUsage(beganCpu);
		const cpuSeconds = (user + system) / 1e6;
		const ready: Ready = { seconds, cpuSeconds, residentBytes, grownBytes: residentBytes - before };
		isolatedResult(ready);
	};
}
