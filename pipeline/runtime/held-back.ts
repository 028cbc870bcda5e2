import type { Ledger } from "#core/ports/ledger.ts";
import type { Pause } from "#domain/operation.ts";

/**
 * Noted in the ledger before the first unit of a source settles that is not published because the source is held back, so
 * that who has the ledger next knows of them. One note a pause: what is held back by a later one is not taken for its.
 */
export function noteHeldBack(ledger: Pick<Ledger, "setNote">, source: string, by: Pause): void {
	ledger.setNote(noteOf(source), String(by.since));
}

/** By which pause units of a source were held back that were not published since; undefined: by none. */
export function heldBackBy(ledger: Pick<Ledger, "note">, source: string): string | undefined {
	return ledger.note(noteOf(source)) || undefined;
}

export function noHeldBack(ledger: Pick<Ledger, "setNote">, source: string): void {
	ledger.setNote(noteOf(source), "");
}

function noteOf(source: string): string {
	return `held/${source}`;
}
