import { permanent } from "#core/errors.ts";
import type { Page, PageRequest } from "#core/ports/catalog-rows.ts";
import type { Ledger, LedgerEntry } from "#core/ports/ledger.ts";
import { fileStates } from "./file-state.ts";

/** A page of the ledger in the terms of the API's lists; takes the filters `source` and `state`. */
export function pageOfFiles(ledger: Ledger, { limit, cursor, order = "desc", filter }: PageRequest): Page<LedgerEntry> {
	const { source, state } = filter;
	const found = ledger.page({
		states: fileStates.filter((known) => state?.includes(known) ?? true),
		order,
		limit: limit + 1,
		...(source === undefined ? {} : { source }),
		...(cursor === undefined ? {} : { beyond: idOf(cursor) }),
	});
	const items = found.slice(0, limit);
	const last = items.at(-1);
	return found.length > limit && last !== undefined ? { items, next: String(last.id) } : { items };
}

function idOf(cursor: string): number {
	if (/^\d{1,15}$/.test(cursor)) return Number(cursor);
	throw permanent("CURSOR_INVALID", "the cursor is not one that a page of files gave", {
		fix: "Begin without a cursor, and pass on `next` of each page unchanged.",
	});
}
