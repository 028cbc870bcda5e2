import { parseDuration } from "#config/quantity.ts";
import { usage } from "./command.ts";

/** `--since`: an ISO 8601 day or time, or how long ago ("2h", "7d"); milliseconds since the epoch. */
export function sinceOption(given: string, now: number): number {
	const ago = parseDuration(given);
	if (ago !== undefined) return now - ago;
	const at = /^\d{4}-\d\d-\d\d/.test(given) ? Date.parse(given) : Number.NaN;
	if (!Number.isNaN(at)) return at;
	throw usage("SINCE", `"${given}" is no time`, "Give how long ago (30m, 2h, 7d) or a time like 2026-11-21T08:00:00Z.");
}
