import type { Terminal } from "./terminal.ts";

const tones = {
	green: new Set(["analysed", "completed", "current", "linked", "up"]),
	red: new Set(["dead", "failed", "quarantined", "lost", "down", "broken"]),
	yellow: new Set(["settling", "stored", "running", "not-ready", "poll", "starting", "draining"]),
	dim: new Set(["ignored", "superseded", "cancelled"]),
} as const;

/** The same colour for the same kind of news everywhere. */
export function coloured(state: string, { colours }: Terminal): string {
	for (const [tone, states] of Object.entries(tones) as [keyof typeof tones, Set<string>][]) {
		if (states.has(state)) return colours[tone](state);
	}
	return state;
}
