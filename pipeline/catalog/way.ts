import { type Kysely, type RawBuilder, sql } from "kysely";
import { permanent } from "#core/errors.ts";
import type { Filter } from "#core/ports/catalog-rows.ts";
import type { Scope } from "#domain/access.ts";
import { type Listing, type Part, type Search, type Sort, unindexed } from "./listing.ts";
import { paramsHashes } from "./param-sets.ts";
import { locksRows } from "./row-locks.ts";
import type { Schema } from "./schema.ts";
import { isOneOf } from "./scoped.ts";

/**
 * Which way to the rows: the databases know too little to choose it. SQLite has no figures of what is in the tables, and
 * PostgreSQL plans a statement once for all values. So the statement leaves one way open:
 *
 * - A filter that few rows meet (an id, a key): by its index, and the few are sorted.
 * - A search (a glob, words, a range of a measurement): so many rows are looked for in its index; if there are no more, as
 *   above. Else they are many, and the rows are read in their order and tested until the page is full.
 * - Values of parts (sources, pipelines, states): an index has the rows of each combination in order of time. Each is read
 *   as far as the page takes, and they are merged. What is not in that index is tested.
 */

/** Of the branches of one way no two have the same row. */
export interface Branch {
	/** All of which a row meets. */
	readonly conditions: readonly RawBuilder<boolean>[];
	/** Its rows are few, and found by what they are: they are to be sorted. */
	readonly isFound: boolean;
}

export interface Chosen {
	readonly name: string;
	readonly sort: Sort;
	readonly isOwnTime: boolean;
}

/** Who asks, and of which database. */
export interface Reading {
	readonly db: Kysely<Schema>;
	readonly scope: Scope;
	/** Rows that a search finds and that are then sorted, at most. */
	readonly few: number;
}

/** Beyond it the parts of a statement cost more than they save. */
const mostBranches = 60;

/** Values in all branches: a database takes so many in a statement, and no more. */
const mostValues = 10_000;

/** None: no row meets the filter. @throws WatchRabbitError FILTER_UNSUPPORTED (permanent) */
export async function branchesOf<O, Row>(
	reading: Reading,
	listing: Listing<O, Row>,
	{ sort, isOwnTime }: Chosen,
	filter: Filter,
): Promise<readonly Branch[]> {
	const { db, scope } = reading;
	refuseUnknown(listing, filter);
	if (meetsNothing(filter)) return [];
	const parts = await partsOf({ db, scope }, listing, filter);
	if ([...parts.values()].some((values) => values.length === 0)) return [];
	const direct = entriesOf(listing.filters, filter);
	const searches = entriesOf(listing.searches ?? {}, filter).map(
		([name, search]) => [name, search({ db, filter, scope })] as const,
	);
	const through = sort.through ?? [];
	const inOrder = searches.filter(([name]) => through.includes(name));
	const free = searches.filter(([name]) => !through.includes(name));
	const isDirect = direct.some(([name]) => !ownPeriod.has(name));
	const isEntered = inOrder.length > 0;
	const driver =
		isDirect || isEntered
			? undefined
			: await fewest(
					reading,
					free.map(([, search]) => search),
				);
	const isFound = isDirect || driver !== undefined;
	const leads = isFound || !isOwnTime ? [] : leadsOf(listing, parts, filter);
	const columns = columnsOf(listing);
	const conditions = [
		...(sort.where === undefined ? [] : [sort.where]),
		...direct.map(([, condition]) => condition(scope)),
		...inOrder.map(([, search]) => search.inOrder ?? search.tested),
		...free.map(([, search]) => (search === driver ? search.found : search.tested)),
		...[...parts]
			.filter(([part]) => !leads.some(([name]) => name === part))
			.map(([part, values]) => sql`${unindexed(db, columns[part] ?? "")} in (${sql.join(values)})`),
	] as RawBuilder<boolean>[];
	return combinations(leads).map((values) => ({
		isFound,
		conditions: [
			...values.map(([part, value]) => sql<boolean>`${sql.ref(columns[part] ?? "")} = ${value}`),
			...conditions,
		],
	}));
}

/** All conditions at once, for what reads every row that meets them. */
export async function conditionsOf<O, Row>(
	{ db, scope }: Reading,
	listing: Listing<O, Row>,
	filter: Filter,
): Promise<readonly RawBuilder<boolean>[]> {
	refuseUnknown(listing, filter);
	if (meetsNothing(filter)) return [sql`1 = 0`];
	const columns = columnsOf(listing);
	const parts = await partsOf({ db, scope }, listing, filter);
	return [
		...[...parts].map(([part, values]) => isOneOf(columns[part] ?? "", values)),
		...entriesOf(listing.filters, filter).map(([, condition]) => condition(scope)),
		...entriesOf(listing.searches ?? {}, filter).map(([, search]) => search({ db, filter, scope }).found),
	] as RawBuilder<boolean>[];
}

/** Ids and names with a NUL in them are nobody's, and PostgreSQL takes no such text. Names from outside are encoded. */
function meetsNothing({ nameGlob, text, name, key, params, captures, measured, ...plain }: Filter): boolean {
	return Object.values(plain)
		.flat()
		.some((value) => typeof value === "string" && value.includes("\0"));
}

/** They say from where to where the rows are read in their order. */
const ownPeriod: ReadonlySet<keyof Filter> = new Set([
	"since",
	"until",
	"createdSince",
	"createdUntil",
	"completedSince",
	"completedUntil",
] as const);

function refuseUnknown<O, Row>({ name, filters, searches, parts }: Listing<O, Row>, filter: Filter): void {
	const taken = new Set([...Object.keys(filters), ...Object.keys(searches ?? {}), ...Object.keys(parts ?? {})]);
	for (const [key, value] of Object.entries(filter)) {
		if (value === undefined || taken.has(key)) continue;
		throw permanent("FILTER_UNSUPPORTED", `${name} cannot be filtered by ${key}`, {
			fix: `Filter ${name} by ${[...taken].join(", ")}.`,
		});
	}
}

/** Of what takes filters, that which the filter names. */
function entriesOf<Second, Value>(
	by: { readonly [K in keyof Filter]?: (value: NonNullable<Filter[K]>, second: Second) => Value },
	filter: Filter,
): (readonly [keyof Filter, (second: Second) => Value])[] {
	return (Object.keys(by) as (keyof Filter)[]).flatMap((name) => {
		const [make, value] = [by[name], filter[name]];
		if (make === undefined || value === undefined) return [];
		return [[name, (second: Second) => make(value as never, second)] as const];
	});
}

function columnsOf<O, Row>({ parts, seen }: Listing<O, Row>): { readonly [Name in Part]?: string } {
	return { ...parts, [seen.by]: seen.column };
}

/** Values of the parts that the filter names, and of what the scope is held against: what both allow. */
async function partsOf<O, Row>(
	{ db, scope }: Pick<Reading, "db" | "scope">,
	listing: Listing<O, Row>,
	filter: Filter,
): Promise<Map<Part, readonly string[]>> {
	const parts = new Map<Part, readonly string[]>();
	for (const part of Object.keys(listing.parts ?? {}) as Part[]) {
		if (filter[part] === undefined) continue;
		const values = part === "params" ? await paramsHashes(db, filter.params ?? {}) : [filter[part]].flat();
		parts.set(part, [...new Set(values as readonly string[])]);
	}
	if (scope !== "everything") {
		const { by } = listing.seen;
		const shown = by === "source" ? scope.sources : scope.pipelines;
		parts.set(by, parts.get(by)?.filter((value) => shown.includes(value)) ?? shown);
	}
	return parts;
}

type Lead = readonly [Part, readonly string[]];

function leadsOf<O, Row>(
	listing: Listing<O, Row>,
	parts: ReadonlyMap<Part, readonly string[]>,
	filter: Filter,
): readonly Lead[] {
	const given = Object.fromEntries(parts) as Filter;
	const leads = (listing.leads?.({ ...filter, ...given }) ?? []).map(
		(part): Lead => [part, parts.get(part) ?? listing.known?.[part] ?? []],
	);
	const product = leads.reduce((count, [, values]) => count * values.length, 1);
	const tested = [...parts].filter(([part]) => !leads.some(([name]) => name === part)).flatMap(([, values]) => values);
	return product > mostBranches || product * tested.length > mostValues ? [] : leads;
}

function combinations(leads: readonly Lead[]): (readonly (readonly [Part, string])[])[] {
	return leads.reduce<(readonly (readonly [Part, string])[])[]>(
		(so, [part, values]) => so.flatMap((each) => values.map((value) => [...each, [part, value] as const])),
		[[]],
	);
}

/** That of which there are fewest rows, if those are few. */
async function fewest({ db, few }: Reading, searches: readonly Search[]): Promise<Search | undefined> {
	let best: { readonly search: Search; readonly count: number } | undefined;
	for (const search of searches) {
		let count = search.among.length === 0 ? Number.POSITIVE_INFINITY : 0;
		for (const statement of search.among) {
			if (count <= few) count = await countUpTo(db, statement, few + 1);
		}
		if (count <= few && count < (best?.count ?? Number.POSITIVE_INFINITY)) best = { search, count };
	}
	return best?.search;
}

/**
 * Rows of a statement, no further than so many. PostgreSQL reads all that an index of words has of one before it gives the
 * first, unless it is told that some of them will do.
 */
async function countUpTo(db: Kysely<Schema>, statement: RawBuilder<unknown>, most: number): Promise<number> {
	const counted = sql<{ count: number }>`
		select count(*) as count from (select 1 from (${statement}) as listed limit ${most}) as counted
	`;
	if (!locksRows(db)) return (await counted.execute(db)).rows[0]?.count ?? 0;
	return await db.transaction().execute(async (trx) => {
		await sql`select set_config('gin_fuzzy_search_limit', ${String(4 * most)}, true)`.execute(trx);
		return (await counted.execute(trx)).rows[0]?.count ?? 0;
	});
}
