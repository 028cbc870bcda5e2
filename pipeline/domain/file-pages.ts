import { permanent } from "#core/errors.ts";
import type { ReadCatalog } from "#core/ports/catalog.ts";
import type { Page, PageRequest } from "#core/ports/catalog-rows.ts";
import type { Ledger } from "#core/ports/ledger.ts";
import { type Scope, seesSource } from "./access.ts";
import { fileStates } from "./file-state.ts";
import { type FileResource, fileResource, takenFileResource } from "./resources.ts";
import { watchedElsewhere } from "./watched-elsewhere.ts";

export interface FilesContext {
	readonly ledger: Ledger;
	readonly catalog: Pick<ReadCatalog, "takenFiles" | "leasesGiven">;
	/** Names of those that are configured. */
	readonly sources: readonly string[];
	/** Of which files are shown, also of sources that are configured no more. */
	readonly scope: Scope;
	/** Milliseconds since the epoch. */
	readonly now: number;
}

/** Sources that others watch, with who does. */
type Elsewhere = ReadonlyMap<string, string | undefined>;

/** The cursor of the catalog's first page; of the others this and a colon stand before their own. */
const inCatalog = "catalog";

/**
 * A page of files; takes the filters `source` and `state`. Those of sources that this host watches are its ledger's, which
 * knows of every file. Behind them come those of sources that others watch, as the catalog took them in.
 */
export async function pageOfFiles(context: FilesContext, request: PageRequest): Promise<Page<FileResource>> {
	const { cursor = "", filter } = request;
	const asked = (filter.source === undefined ? context.sources : [filter.source].flat()).filter((source) =>
		seesSource(context.scope, source),
	);
	const elsewhere = await watchedElsewhere(context, asked, context.now);
	if (cursor.startsWith(inCatalog)) return await pageOfCatalog(context, request, elsewhere);
	const page = pageOfLedger(context, request, elsewhere);
	if (page.next !== undefined || elsewhere.size === 0) return page;
	if (page.items.length > 0) return { ...page, next: inCatalog };
	return await pageOfCatalog(context, { ...request, cursor: inCatalog }, elsewhere);
}

function pageOfLedger(
	{ ledger, scope }: FilesContext,
	{ limit, cursor, order = "desc", filter }: PageRequest,
	elsewhere: Elsewhere,
): Page<FileResource> {
	const { source, state } = filter;
	const named = source === undefined ? undefined : [source].flat();
	const within = scope === "everything" ? named : (named ?? scope.sources).filter((name) => seesSource(scope, name));
	const found = ledger.page({
		states: fileStates.filter((known) => state?.includes(known) ?? true),
		order,
		limit: limit + 1,
		except: [...elsewhere.keys()],
		...(within === undefined ? {} : { within }),
		...(cursor === undefined ? {} : { beyond: idOf(cursor) }),
	});
	const items = found.slice(0, limit);
	const last = items.at(-1);
	const resources = items.map(fileResource);
	return found.length > limit && last !== undefined
		? { items: resources, next: String(last.id) }
		: { items: resources };
}

async function pageOfCatalog(
	{ catalog }: FilesContext,
	request: PageRequest,
	elsewhere: Elsewhere,
): Promise<Page<FileResource>> {
	const { cursor = "", ...rest } = request;
	const own = cursor.slice(inCatalog.length + 1);
	const { items, next } = await catalog.takenFiles(own === "" ? rest : { ...rest, cursor: own });
	const files = items
		.filter(({ source }) => elsewhere.has(source))
		.map((row) => takenFileResource(row, elsewhere.get(row.source)));
	return next === undefined ? { items: files } : { items: files, next: `${inCatalog}:${next}` };
}

function idOf(cursor: string): number {
	if (/^\d{1,15}$/.test(cursor)) return Number(cursor);
	throw permanent("CURSOR_INVALID", "the cursor is not one that a page of files gave", {
		fix: "Begin without a cursor, and pass on `next` of each page unchanged.",
	});
}
