/** Changes that came together, as when an instrument writes a run: milliseconds since the epoch. */
export interface Burst {
	readonly began: number;
	readonly ended: number;
}

/** A change belongs to the burst before it when it comes within this of its last one ... */
const burstPauseMs = 60_000;
/** ... but a source that never rests has bursts as well, and pauses between them. */
const longestBurstMs = 600_000;
/** Of a source. */
export const burstsKept = 500;

const rhythmMs = 14 * 86_400_000;
/** Fewer say nothing of what is usual. */
const fewestPauses = 20;

/** Whether a change is the burst's, or begins the next one. */
export function belongsTo({ began, ended }: Burst, at: number): boolean {
	return at - ended <= burstPauseMs && at - began <= longestBurstMs;
}

/** Whether it was told by a clock that has been set back since: what comes a moment late says nothing of clocks. */
export function isAhead({ began }: Burst, at: number): boolean {
	return began - at > burstPauseMs;
}

/** The pause between bursts that 99 of 100 of the last fortnight's did not exceed; undefined where there were too few. Newest first. */
export function usualGapMs(bursts: readonly Burst[], now: number): number | undefined {
	const pauses = bursts
		.flatMap(({ began }, i) => {
			const before = bursts[i + 1];
			return before === undefined || before.ended < now - rhythmMs ? [] : [began - before.ended];
		})
		.sort((a, b) => a - b);
	return pauses.length < fewestPauses ? undefined : pauses[Math.ceil(0.99 * pauses.length) - 1];
}
