import { type Kysely, type RawBuilder, type SelectQueryBuilder, sql } from "kysely";
import { permanent } from "#core/errors.ts";
import type { Filter, Page, PageRequest } from "#core/ports/catalog-rows.ts";
import type { Scope } from "#domain/access.ts";
import { decodeCursor, encodeCursor, type Position } from "./cursor.ts";
import type { Schema } from "./schema.ts";
import { ofSeenPipeline, ofSeenSource } from "./scoped.ts";

type Query<O> = SelectQueryBuilder<Schema, keyof Schema, O>;

/** How a resource is listed. */
export interface Listing<O, Row> {
	readonly name: string;
	/** Sort columns: the resource's own time, then what makes the order total. Rows that arrive never change a row's place. */
	readonly sort: readonly { readonly column: string; readonly type: "string" | "number" }[];
	positionOf(row: O): Position;
	/** What a scope is held against: what a pipeline made is seen with it, what was only watched with its source. */
	readonly seen: { readonly by: "source" | "pipeline"; readonly column: string };
	from(db: Kysely<Schema>, scope: Scope): Query<O>;
	/** Filters that it takes, each as a condition; one that is not here is refused. Nor do they tell of what is not seen. */
	readonly filters: {
		readonly [K in keyof Filter]?: (value: NonNullable<Filter[K]>, scope: Scope) => RawBuilder<unknown>;
	};
	/** Rows with what belongs to them, fetched for the page as a whole. */
	complete(db: Kysely<Schema>, rows: readonly O[]): Promise<readonly Row[]>;
}

/** @throws WatchRabbitError CURSOR_INVALID, FILTER_UNSUPPORTED (permanent) */
export async function page<O, Row>(
	db: Kysely<Schema>,
	listing: Listing<O, Row>,
	request: PageRequest,
	scope: Scope,
): Promise<Page<Row>> {
	const order = request.order ?? "desc";
	let query = listing.from(db, scope).where(seen(listing, scope));
	for (const condition of conditions(listing, request.filter, scope))
		query = query.where(condition as RawBuilder<boolean>);
	if (request.cursor !== undefined) {
		const shape = listing.sort.map(({ type }) => type);
		const position = decodeCursor(request.cursor, listing.name, order, shape);
		query = query.where(behind(listing, order, position));
	}
	for (const { column } of listing.sort) query = query.orderBy(sql.ref(column), order);
	const found = await query.limit(request.limit + 1).execute();
	const rows = found.slice(0, request.limit);
	const items = await listing.complete(db, rows);
	const last = rows.at(-1);
	if (found.length <= request.limit || last === undefined) return { items };
	return { items, next: encodeCursor(listing.name, order, listing.positionOf(last)) };
}

/** One row of a listing, complete. */
export async function one<O, Row>(
	db: Kysely<Schema>,
	listing: Listing<O, Row>,
	id: string,
	scope: Scope,
): Promise<Row | undefined> {
	const { items } = await page(db, listing, { limit: 1, filter: { id } }, scope);
	return items[0];
}

function seen<O, Row>({ seen }: Listing<O, Row>, scope: Scope): RawBuilder<boolean> {
	return seen.by === "pipeline" ? ofSeenPipeline(scope, seen.column) : ofSeenSource(scope, seen.column);
}

function* conditions<O, Row>(
	{ name, filters }: Listing<O, Row>,
	filter: Filter,
	scope: Scope,
): Generator<RawBuilder<unknown>> {
	for (const [key, value] of Object.entries(filter)) {
		if (value === undefined) continue;
		const condition = filters[key as keyof Filter] as
			| ((value: unknown, scope: Scope) => RawBuilder<unknown>)
			| undefined;
		if (condition === undefined) {
			throw permanent("FILTER_UNSUPPORTED", `${name} cannot be filtered by ${key}`, {
				fix: `Filter ${name} by ${Object.keys(filters).join(", ")}.`,
			});
		}
		yield condition(value, scope);
	}
}

function behind<O, Row>({ sort }: Listing<O, Row>, order: "asc" | "desc", position: Position): RawBuilder<boolean> {
	const columns = sql.join(sort.map(({ column }) => sql.ref(column)));
	const values = sql.join(position);
	return order === "asc" ? sql`(${columns}) > (${values})` : sql`(${columns}) < (${values})`;
}

export function equals(column: string) {
	return (value: string) => sql`${sql.ref(column)} = ${value}`;
}

export function oneOf(column: string) {
	return (values: readonly string[]) =>
		values.length === 0 ? sql`1 = 0` : sql`${sql.ref(column)} in (${sql.join(values)})`;
}

/** `since` is within, `until` is not: days and hours tile. */
export function period(column: string) {
	return {
		since: (ms: number) => sql`${sql.ref(column)} >= ${ms}`,
		until: (ms: number) => sql`${sql.ref(column)} < ${ms}`,
	};
}
