import { isolatedResult } from "../../harness.ts";

export interface WatchInput {
	readonly root: string;
	readonly ledger?: string;
	readonly directoriesOnly?: boolean;
}

export interface Ready {
	readonly seconds: number;
	/** Resident memory of the process, and what it grew by since it began to watch. */
	readonly residentBytes: number;
	readonly grownBytes: number;
}

/** Measures from now until the returned function is called: once, when all is watched. */
export function measureReady(): () => void {
	const began = performance.now();
	const before = process.memoryUsage.rss();
	return () => {
		const seconds = (performance.now() - began) / 1000;
		const residentBytes = process.memoryUsage.rss();
		const ready: Ready = { seconds, residentBytes, grownBytes: residentBytes - before };
		isolatedResult(ready);
	};
}
