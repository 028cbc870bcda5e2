import { setImmediate } from "node:timers/promises";
import { type RawBuilder, sql } from "kysely";
import { permanent } from "#core/errors.ts";
import type { Filter, Page, PageRequest, WholeRequest } from "#core/ports/catalog-rows.ts";
import { bindingOf, decodeCursor, encodeCursor, type Position } from "./cursor.ts";
import type { Listing, Query, Sort, SortColumn } from "./listing.ts";
import { type Branch, branchesOf, type Chosen, type Reading } from "./way.ts";

type Order = "asc" | "desc";

interface Wanted {
	readonly sort: Sort;
	readonly order: Order;
	readonly position: Position | undefined;
	/** Rows, one more than the page has. */
	readonly limit: number;
}

/** @throws WatchRabbitError CURSOR_INVALID, FILTER_UNSUPPORTED, SORT_UNSUPPORTED (permanent) */
export async function page<O extends object, Row>(
	reading: Reading,
	listing: Listing<O, Row>,
	request: PageRequest,
): Promise<Page<Row>> {
	const { order = "desc", limit, filter } = request;
	const chosen = sortOf(listing, request);
	const { sort } = chosen;
	const binding = bindingOf(listing.name, chosen.name, order, filter);
	const shape = sort.columns.map(({ type }) => type);
	const position = request.cursor === undefined ? undefined : decodeCursor(request.cursor, binding, shape);
	const branches = await branchesOf(reading, listing, chosen, filter);
	if (branches.length === 0) return { items: [] };
	const wanted = { sort, order, position, limit: limit + 1 };
	const found = await merged(reading, listing, branches, wanted).execute();
	const rows = found.slice(0, limit);
	const items = await listing.complete(reading.db, rows);
	const last = rows.at(-1);
	if (found.length <= limit || last === undefined) return { items };
	return { items, next: encodeCursor(binding, positionOf(last, sort)) };
}

/** How many rows there are, some at a time, between which everybody else has his turn: of each only its place is read. */
export async function* pagesOfPlaces<O extends object, Row>(
	reading: Reading,
	listing: Listing<O, Row>,
	filter: Filter,
): AsyncGenerator<number> {
	const places = { ...listing, from: listing.counted ?? listing.from, shown: (query: Query) => query as Query<O> };
	const chosen = sortOf(listing, { filter });
	const branches = await branchesOf(reading, listing, chosen, filter);
	let position: Position | undefined;
	do {
		const wanted = { sort: chosen.sort, order: "asc", position, limit: placesAtOnce } as const;
		const rows = branches.length === 0 ? [] : await merged(reading, places, branches, wanted).execute();
		const last = rows.at(-1);
		position = last === undefined || rows.length < placesAtOnce ? undefined : positionOf(last, chosen.sort);
		yield rows.length;
		await setImmediate();
	} while (position !== undefined);
}

const placesAtOnce = 5_000;

/** One row of a listing, complete. */
export async function one<O extends object, Row>(
	reading: Reading,
	listing: Listing<O, Row>,
	id: string,
): Promise<Row | undefined> {
	const { items } = await page(reading, listing, { limit: 1, filter: { id } });
	return items[0];
}

/**
 * Keyset pages of any length, one after the other; between two of them nothing is held, and everybody else has his turn: a
 * database in our own process answers before the loop has gone on.
 */
export async function* each<Row>(
	list: (request: PageRequest) => Promise<Page<Row>>,
	request: WholeRequest,
): AsyncGenerator<readonly Row[], void, undefined> {
	let cursor: string | undefined;
	do {
		const { items, next } = await list({ ...request, limit: rowsAtOnce, ...(cursor === undefined ? {} : { cursor }) });
		if (items.length > 0) yield items;
		cursor = next;
		await setImmediate();
	} while (cursor !== undefined);
}

const rowsAtOnce = 1_000;

function sortOf<O, Row>({ name, sorts }: Listing<O, Row>, request: Pick<PageRequest, "sort" | "filter">): Chosen {
	const asked = request.sort ?? Object.keys(sorts)[0] ?? "";
	const sort = Object.hasOwn(sorts, asked) ? sorts[asked] : undefined;
	if (sort === undefined) {
		throw permanent("SORT_UNSUPPORTED", `${name} cannot be sorted by ${asked}`, {
			fix: `Sort ${name} by ${Object.keys(sorts).join(", ")}.`,
		});
	}
	if (sort.needs !== undefined && request.filter[sort.needs] === undefined) {
		throw permanent("SORT_UNSUPPORTED", `${name} are sorted by ${asked} only where ${sort.needs} is given`, {
			fix: `Filter them by ${sort.needs} as well.`,
		});
	}
	return { name: asked, sort, isOwnTime: asked === Object.keys(sorts)[0] };
}

/** Each branch is read in the order that is wanted, no further than it takes. */
function merged<O extends object, Row>(
	reading: Reading,
	listing: Listing<O, Row>,
	branches: readonly Branch[],
	wanted: Wanted,
): Query<O> {
	const { db } = reading;
	const [first, ...others] = branches.map((branch) => ordered(reading, listing, branch, wanted));
	if (first === undefined || others.length === 0) return first as Query<O>;
	let all = db.selectFrom(first.as("branch_0")).selectAll() as unknown as Query<O>;
	for (const [i, other] of others.entries()) {
		all = all.unionAll(db.selectFrom(other.as(`branch_${i + 1}`)).selectAll() as never);
	}
	for (const i of wanted.sort.columns.keys()) all = all.orderBy(sql.ref(placeOf(i)), wanted.order);
	return all.limit(wanted.limit);
}

function ordered<O extends object, Row>(
	{ db, scope }: Reading,
	listing: Listing<O, Row>,
	branch: Branch,
	{ sort, order, position, limit }: Wanted,
): Query<O> {
	const from = branch.isFound ? undefined : sort.from?.(db);
	let query = listing.shown(from ?? listing.from(db, scope));
	for (const condition of branch.conditions) query = query.where(condition);
	if (position !== undefined) {
		const columns = sql.join(sort.columns.map(({ column }) => column));
		const values = sql.join(position);
		query = query.where(sql<boolean>`(${columns}) ${order === "asc" ? sql`>` : sql`<`} (${values})`);
	}
	for (const [i, { column, type }] of sort.columns.entries()) {
		const key = (branch.isFound ? ofNoIndex(column, type) : column) as RawBuilder<never>;
		query = query.select(column.as(placeOf(i))).orderBy(key, order) as unknown as Query<O>;
	}
	return query.limit(limit);
}

/** The same value, by which no index is ordered: what was found is sorted, not looked for in that order. */
function ofNoIndex(column: RawBuilder<unknown>, type: SortColumn["type"]): RawBuilder<unknown> {
	return type === "string" ? sql`${column} || ''` : sql`${column} + 0`;
}

function placeOf(index: number): string {
	return `place_${index}`;
}

function positionOf(row: object, sort: Sort): Position {
	const places = row as Readonly<Record<string, string | number>>;
	return sort.columns.map((_, i) => places[placeOf(i)] ?? "");
}
