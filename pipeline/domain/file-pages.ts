import { permanent } from "#core/errors.ts";
import type { Page, PageRequest } from "#core/ports/catalog-rows.ts";
import type { Ledger, LedgerEntry } from "#core/ports/ledger.ts";
import { type FileState, fileStates } from "./file-state.ts";

/** A page of the ledger over all sources, by id; takes the filters `source` and `state`. */
export function pageOfFiles(ledger: Ledger, sources: readonly string[], request: PageRequest): Page<LedgerEntry> {
	const { limit, cursor, order = "desc", filter } = request;
	const wanted = filter.source === undefined ? sources : sources.filter((name) => name === filter.source);
	const states = fileStates.filter((state) => filter.state?.includes(state) ?? true);
	const found = wanted.flatMap((source) => first(ledger, source, limit + 1, { states, order, ...beyond(cursor) }));
	found.sort((a, b) => (order === "asc" ? a.id - b.id : b.id - a.id));
	const items = found.slice(0, limit);
	const last = items.at(-1);
	return found.length > limit && last !== undefined ? { items, next: String(last.id) } : { items };
}

function first(
	ledger: Ledger,
	source: string,
	count: number,
	filter: { states: readonly FileState[]; order: "asc" | "desc"; beyond?: number },
): LedgerEntry[] {
	const found: LedgerEntry[] = [];
	for (const entry of ledger.entries(source, filter)) {
		found.push(entry);
		if (found.length === count) break;
	}
	return found;
}

function beyond(cursor: string | undefined): { beyond?: number } {
	if (cursor === undefined) return {};
	if (!/^\d{1,15}$/.test(cursor)) {
		throw permanent("CURSOR_INVALID", "the cursor is not one that a page of files gave", {
			fix: "Begin without a cursor, and pass on `next` of each page unchanged.",
		});
	}
	return { beyond: Number(cursor) };
}
