import { type Kysely, type RawBuilder, type SelectQueryBuilder, sql } from "kysely";
import type { Filter, OneOf } from "#core/ports/catalog-rows.ts";
import type { Scope } from "#domain/access.ts";
import type { PlaceType } from "./cursor.ts";
import { locksRows } from "./row-locks.ts";
import type { Schema } from "./schema.ts";
import { isOneOf } from "./scoped.ts";

export type Query<O = object> = SelectQueryBuilder<Schema, keyof Schema, O>;

/** Filters that take one value or several, each of a column that an index begins with. */
export type Part = "source" | "pipeline" | "pool" | "state" | "params";

/** How a resource is listed. */
export interface Listing<O, Row> {
	readonly name: string;
	/** What a scope is held against: what a pipeline made is seen with it, what was only watched with its source. */
	readonly seen: { readonly by: "source" | "pipeline"; readonly column: string };
	/** Orders by name, the resource's own time first. Each has an index, and rows that arrive never change a row's place. */
	readonly sorts: Readonly<Record<string, Sort>>;
	/** The tables that filters and orders name. */
	from(db: Kysely<Schema>, scope: Scope): Query;
	/** The tables that filters name, where an order names more. */
	counted?(db: Kysely<Schema>, scope: Scope): Query;
	/** The columns of a row, from tables beside those. */
	shown(query: Query): Query<O>;
	readonly parts?: { readonly [Name in Part]?: string };
	/** The parts by which, and then by the own time, an index is ordered that serves such a filter best. */
	leads?(filter: Filter): readonly Part[];
	/** Values of a part that a lead has in it although the filter does not name it. */
	readonly known?: { readonly [Name in Part]?: readonly string[] };
	/** Conditions, most of which few rows meet; a filter that is nowhere here is refused. Nor do they tell of what is not seen. */
	readonly filters: {
		readonly [K in keyof Filter]?: (value: NonNullable<Filter[K]>, scope: Scope) => RawBuilder<unknown>;
	};
	/** Conditions that few rows meet, or most: it is looked first. */
	readonly searches?: Searches;
	/** Rows with what belongs to them, fetched for the page as a whole. */
	complete(db: Kysely<Schema>, rows: readonly O[]): Promise<readonly Row[]>;
}

export type Searches = {
	readonly [K in keyof Filter]?: (value: NonNullable<Filter[K]>, asked: Asked) => Search;
};

export interface Asked {
	readonly db: Kysely<Schema>;
	readonly filter: Filter;
	readonly scope: Scope;
}

export interface Sort {
	/** The column asked for, then what makes the order total. */
	readonly columns: readonly SortColumn[];
	/** Only where this is given. */
	readonly needs?: keyof Filter;
	/** Searches whose rows its index has together. */
	readonly through?: readonly (keyof Filter)[];
	/** The tables from that one on whose index has this order: SQLite joins them as they are named. */
	from?(db: Kysely<Schema>): Query;
	/** What has no place in this order is not in it. */
	readonly where?: RawBuilder<boolean>;
}

export interface SortColumn {
	readonly column: RawBuilder<unknown>;
	readonly type: PlaceType;
}

export function by(...columns: readonly (readonly [string | RawBuilder<unknown>, SortColumn["type"]])[]): Sort {
	return {
		columns: columns.map(([column, type]) => ({
			column: typeof column === "string" ? sql.ref(column) : column,
			type,
		})),
	};
}

/** The same rows in several ways: which of them is fast depends on how many rows there are. */
export interface Search {
	/**
	 * Statements by which it is looked how many there are, cheap ones first: each goes through an index and gives at least
	 * a row for each of those that the one before it counted. None: there is no such index.
	 */
	readonly among: readonly RawBuilder<unknown>[];
	/** A condition by which few rows are found through that index. */
	readonly found: RawBuilder<unknown>;
	/** A condition that is tested of rows that are read anyway. */
	readonly tested: RawBuilder<unknown>;
	/** A statement that gives the ids of what is found. */
	readonly ids?: RawBuilder<unknown>;
	/** A condition by which the index of an order that goes through this search is entered. */
	readonly inOrder?: RawBuilder<unknown>;
}

export function equals(column: string) {
	return (value: string) => sql`${sql.ref(column)} = ${value}`;
}

/**
 * The same value, by which SQLite does not look into an index: its rows are read anyway, and tested. PostgreSQL knows how
 * many rows there are of a value, and would not if it could not see which column it is.
 */
export function unindexed(
	db: Kysely<Schema>,
	column: string,
	type: "string" | "number" = "string",
): RawBuilder<unknown> {
	if (locksRows(db)) return sql.ref(column);
	return type === "number" ? sql`${sql.ref(column)} + 0` : sql`${sql.ref(column)} || ''`;
}

/** A condition that has no index, or that most rows meet. */
export function tested(condition: RawBuilder<unknown>): Search {
	return { among: [], found: condition, tested: condition };
}

export function isAny(value: RawBuilder<unknown>, asked: OneOf): Search {
	const values = [asked].flat();
	return tested(values.length === 0 ? sql`1 = 0` : sql`${value} in (${sql.join(values)})`);
}

export function oneOf(column: string) {
	return (values: readonly string[]) => isOneOf(column, values);
}

/** On the resource's own time, also by its name: `since` is within, `until` is not: days and hours tile. */
export function ownTime<Name extends "created" | "completed">(column: string, name: Name) {
	const since = (ms: number) => sql`${sql.ref(column)} >= ${ms}`;
	const until = (ms: number) => sql`${sql.ref(column)} < ${ms}`;
	return { since, until, [`${name}Since`]: since, [`${name}Until`]: until } as {
		readonly [Key in "since" | "until" | `${Name}Since` | `${Name}Until`]: typeof since;
	};
}
