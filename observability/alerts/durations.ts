export const minute = 60;
export const hour = 3600;
export const day = 86_400;

/** As PromQL writes it, in the largest unit that it is a whole number of. */
export function promqlDuration(seconds: number): string {
	for (const [unit, length] of [
		["d", day],
		["h", hour],
		["m", minute],
	] as const) {
		if (seconds >= length && seconds % length === 0) return `${seconds / length}${unit}`;
	}
	return `${seconds}s`;
}
