import { permanent } from "#core/errors.ts";
import type { ReadCatalog } from "#core/ports/catalog.ts";
import type { Page, PageRequest } from "#core/ports/catalog-rows.ts";
import type { Ledger } from "#core/ports/ledger.ts";
import { fileStates } from "./file-state.ts";
import { type FileResource, fileResource, takenFileResource } from "./resources.ts";
import { watchModeOf } from "./watch-mode.ts";

export interface FilesContext {
	readonly ledger: Ledger;
	readonly catalog: Pick<ReadCatalog, "takenFiles">;
	/** Names of those that are configured. */
	readonly sources: readonly string[];
}

/** The cursor of the catalog's first page; of the others this and a colon stand before their own. */
const inCatalog = "catalog";

/**
 * A page of files; takes the filters `source` and `state`. Those of sources that this host watches are its ledger's, which
 * knows of every file. Behind them come those of sources that others watch, as the catalog took them in.
 */
export async function pageOfFiles(context: FilesContext, request: PageRequest): Promise<Page<FileResource>> {
	const { cursor = "", filter } = request;
	if (cursor.startsWith(inCatalog)) return await pageOfCatalog(context, request);
	const page = pageOfLedger(context.ledger, request);
	const asked = filter.source === undefined ? context.sources : [filter.source];
	if (page.next !== undefined || asked.every((source) => isWatchedHere(context.ledger, source))) return page;
	if (page.items.length > 0) return { ...page, next: inCatalog };
	return await pageOfCatalog(context, { ...request, cursor: inCatalog });
}

/** Whether this host's ledger ever had the source. */
export function isWatchedHere(ledger: Ledger, source: string): boolean {
	return watchModeOf(ledger, source) !== undefined || ledger.page({ source, order: "asc", limit: 1 }).length > 0;
}

function pageOfLedger(ledger: Ledger, { limit, cursor, order = "desc", filter }: PageRequest): Page<FileResource> {
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
	const resources = items.map(fileResource);
	return found.length > limit && last !== undefined
		? { items: resources, next: String(last.id) }
		: { items: resources };
}

async function pageOfCatalog({ ledger, catalog }: FilesContext, request: PageRequest): Promise<Page<FileResource>> {
	const { cursor = "", ...rest } = request;
	const own = cursor.slice(inCatalog.length + 1);
	const { items, next } = await catalog.takenFiles(own === "" ? rest : { ...rest, cursor: own });
	const here = new Set([...new Set(items.map(({ source }) => source))].filter((name) => isWatchedHere(ledger, name)));
	const elsewhere = items.filter(({ source }) => !here.has(source)).map(takenFileResource);
	return next === undefined ? { items: elsewhere } : { items: elsewhere, next: `${inCatalog}:${next}` };
}

function idOf(cursor: string): number {
	if (/^\d{1,15}$/.test(cursor)) return Number(cursor);
	throw permanent("CURSOR_INVALID", "the cursor is not one that a page of files gave", {
		fix: "Begin without a cursor, and pass on `next` of each page unchanged.",
	});
}
