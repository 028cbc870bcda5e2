import { type RawBuilder, sql } from "kysely";
import type { Counting, Filter, RowCount } from "#core/ports/catalog-rows.ts";
import type { Listing, Query } from "./listing.ts";
import { pagesOfPlaces } from "./page.ts";
import { locksRows } from "./row-locks.ts";
import { conditionsOf, type Reading } from "./way.ts";

/** Rows that are counted before it is said how many there are about. */
const counted = 10_000;

export async function count<O extends object, Row>(
	reading: Reading,
	listing: Listing<O, Row>,
	filter: Filter,
	how: Counting,
): Promise<RowCount> {
	if (how === "exact") return { count: await exactly(reading, listing, filter), is: "exact" };
	const rows = await rowsOf(reading, listing, filter);
	const upTo = await numberOf(reading, rows.limit(counted + 1));
	if (upTo <= counted) return { count: upTo, is: "exact" };
	if (!locksRows(reading.db)) return { count: counted, is: "at least" };
	return { count: Math.max(counted, await planned(reading, rows)), is: "about" };
}

/** A database in our own process would let nobody else have his turn while it counts: there some are counted at a time. */
async function exactly<O extends object, Row>(
	reading: Reading,
	listing: Listing<O, Row>,
	filter: Filter,
): Promise<number> {
	if (locksRows(reading.db)) return await numberOf(reading, await rowsOf(reading, listing, filter));
	let sum = 0;
	for await (const places of pagesOfPlaces(reading, listing, filter)) sum += places;
	return sum;
}

async function rowsOf<O extends object, Row>(
	reading: Reading,
	listing: Listing<O, Row>,
	filter: Filter,
): Promise<Query> {
	let query = (listing.counted ?? listing.from)(reading.db, reading.scope);
	for (const condition of await conditionsOf(reading, listing, filter)) query = query.where(condition);
	return query.select(sql`1`.as("one")) as Query;
}

async function numberOf({ db }: Reading, rows: Query): Promise<number> {
	const { rows: found } = await sql<{ count: number }>`
		select count(*) as count from (${rows as unknown as RawBuilder<unknown>}) as listed
	`.execute(db);
	return found[0]?.count ?? 0;
}

/** What the planner of PostgreSQL expects, by the figures that it keeps of the tables. */
async function planned({ db }: Reading, rows: Query): Promise<number> {
	const explained = await sql<{ "QUERY PLAN": string }>`
		explain (format json) ${rows as unknown as RawBuilder<unknown>}
	`.execute(db);
	const [plan] = JSON.parse(explained.rows[0]?.["QUERY PLAN"] ?? "[]") as { readonly Plan: { "Plan Rows": number } }[];
	return plan?.Plan["Plan Rows"] ?? 0;
}
