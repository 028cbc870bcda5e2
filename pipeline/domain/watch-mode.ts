import type { Ledger } from "#core/ports/ledger.ts";

/** How a source notices changes, and why that way: kept beside the files' states, so that `list sources` can tell. */
export interface WatchMode {
	readonly mode: "events" | "poll";
	readonly why: string;
}

const noteName = (source: string) => `mode/${source}`;

export function noteWatchMode(ledger: Ledger, source: string, { mode, why }: WatchMode): void {
	ledger.setNote(noteName(source), JSON.stringify({ mode, why }));
}

/** Undefined until a watch has started. */
export function watchModeOf(ledger: Pick<Ledger, "note">, source: string): WatchMode | undefined {
	const note = ledger.note(noteName(source));
	return note === undefined ? undefined : (JSON.parse(note) as WatchMode);
}
