import { posix } from "node:path";
import { type RawBuilder, sql } from "kysely";
import type { ArtifactRow } from "#core/ports/catalog-rows.ts";
import { type Asked, by, equals, type Listing, type Search, tested } from "./listing.ts";
import { nameFromColumn, nameToColumn } from "./name-column.ts";
import { resultFilters, resultParts } from "./result-filters.ts";
import type { ArtifactsTable, ResultsTable } from "./schema.ts";
import { globbed, resultsOfAcquisitions, searchesOf } from "./searches.ts";

type Row = ArtifactsTable & Pick<ResultsTable, "pipeline" | "source" | "completed_at" | "manifest_key">;

/** What the index has of a name. */
function nameStart(table: string): RawBuilder<unknown> {
	return sql`substr(${sql.ref(`${table}.name`)}, 1, 200)`;
}

export const artifacts: Listing<Row, ArtifactRow> = {
	name: "artifacts",
	sorts: {
		completed: {
			...by(["results.completed_at", "bigint"], ["results.id", "string"], ["artifacts.position", "integer"]),
			from: (db) => db.selectFrom("results").crossJoin("artifacts").whereRef("artifacts.result", "=", "results.id"),
		},
		name: {
			...by([nameStart("artifacts"), "string"], ["artifacts.result", "string"], ["artifacts.position", "integer"]),
			from: (db) => db.selectFrom("artifacts").crossJoin("results").whereRef("results.id", "=", "artifacts.result"),
		},
	},
	...resultParts,
	from: (db) => db.selectFrom("results").innerJoin("artifacts", "artifacts.result", "results.id"),
	shown: (query) =>
		query
			.selectAll("artifacts")
			.select(["results.pipeline", "results.source", "results.completed_at", "results.manifest_key"]),
	filters: {
		...resultFilters,
		result: equals("results.id"),
		digest: equals("artifacts.sha256"),
	},
	searches: { ...searchesOf(resultsOfAcquisitions), name: named, nameGlob: globbedName },
	complete: async (_db, rows) => rows.map(asArtifactRow),
};

function named(name: string): Search {
	const column = nameToColumn(name);
	const is = (table: string) => sql`${sql.ref(`${table}.name`)} = ${column}`;
	return among((table) => sql`${nameStart(table)} = substr(${column}, 1, 200) and ${is(table)}`, is);
}

/** Through the names that begin as the glob does; one that begins with a wildcard is held against every name. */
function globbedName(glob: string, { db }: Asked): Search {
	const matches = (table: string) => globbed(db, sql.ref(`${table}.name`), glob, false);
	const start = nameToColumn(glob.split(/[*?]/)[0] ?? "").slice(0, 200);
	if (start === "") return tested(matches("artifacts"));
	const within = (table: string) =>
		sql`${nameStart(table)} >= ${start} and ${nameStart(table)} < ${`${start}\u{10ffff}`} and ${matches(table)}`;
	return among(within, matches);
}

function among(
	through: (table: string) => RawBuilder<unknown>,
	matches: (table: string) => RawBuilder<unknown>,
): Search {
	const results = sql`select named.result from artifacts as named where ${through("named")}`;
	const test = sql`(${matches("artifacts")})`;
	return { among: [results], found: sql`results.id in (${results}) and ${test}`, tested: test };
}

function asArtifactRow(row: Row): ArtifactRow {
	const name = nameFromColumn(row.name);
	return {
		result: row.result,
		pipeline: row.pipeline,
		source: row.source,
		name,
		mediaType: row.media_type,
		size: row.size,
		sha256: row.sha256,
		objectKey: `${posix.dirname(row.manifest_key)}/artifacts/${name}`,
		completedAt: row.completed_at,
	};
}
