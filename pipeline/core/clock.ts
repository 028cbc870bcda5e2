/** Where time comes from, so that tests decide what time it is. */
export interface Clock {
	/** Wall-clock time in milliseconds since the epoch; may step backwards. */
	now(): number;
	/** Milliseconds since an arbitrary start; never steps back. Durations and deadlines within a process use this one. */
	monotonic(): number;
	/** Calls `task` once after `ms` milliseconds; the returned function takes the call back. */
	after(ms: number, task: () => void): () => void;
}

/** setTimeout fires at once above this delay (2^31 - 1 ms, 24.8 days). */
const longestTimeoutMs = 2 ** 31 - 1;

export const systemClock: Clock = {
	now: () => Date.now(),
	monotonic: () => performance.now(),
	after: (ms, task) => {
		const timer = setTimeout(task, Math.min(Math.max(0, ms), longestTimeoutMs));
		return () => clearTimeout(timer);
	},
};
