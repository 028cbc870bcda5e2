import type { Kysely } from "kysely";
import type { ResultRow } from "#core/ports/catalog-rows.ts";
import type { Artifact, Measurement } from "#domain/result.ts";
import { membersOf } from "./acquisition-rows.ts";
import { by, equals, type Listing, oneOf } from "./listing.ts";
import { measurementOf } from "./measurement-columns.ts";
import { nameFromColumn } from "./name-column.ts";
import { resultFilters, resultParts } from "./result-filters.ts";
import type { ResultsTable, Schema } from "./schema.ts";
import { measured, resultsOfAcquisitions, searchesOf } from "./searches.ts";

type Row = ResultsTable & { readonly key: string; readonly traceparent: string };

export const results: Listing<Row, ResultRow> = {
	name: "results",
	sorts: {
		completed: by(["results.completed_at", "bigint"], ["results.id", "string"]),
		seconds: by(["results.seconds", "number"], ["results.id", "string"]),
	},
	...resultParts,
	from: (db) => db.selectFrom("results"),
	shown: (query) =>
		query
			.innerJoin("acquisitions", "acquisitions.id", "results.acquisition")
			.innerJoin("jobs", "jobs.id", "results.job")
			.selectAll("results")
			.select(["acquisitions.key", "jobs.traceparent"]),
	filters: { id: equals("results.id"), ids: oneOf("results.id"), ...resultFilters },
	searches: { ...searchesOf(resultsOfAcquisitions), measured },
	complete,
};

async function complete(db: Kysely<Schema>, rows: readonly Row[]): Promise<readonly ResultRow[]> {
	const ids = rows.map(({ id }) => id);
	const members = await membersOf(
		db,
		rows.map(({ acquisition }) => acquisition),
	);
	const measurements = await measurementsOf(db, ids);
	const artifacts = await artifactsOf(db, ids);
	return rows.map((row) => ({
		id: row.id,
		job: row.job,
		pipeline: row.pipeline,
		source: row.source,
		state: row.state as ResultRow["state"],
		supersededBy: row.superseded_by ?? undefined,
		acquisition: {
			id: row.acquisition,
			key: nameFromColumn(row.key),
			members: (members.get(row.acquisition) ?? []).map(({ path, size, sha256 }) => ({ path, size, sha256 })),
		},
		measurements: measurements.get(row.id) ?? [],
		tables: JSON.parse(row.tables),
		artifacts: artifacts.get(row.id) ?? [],
		seconds: row.seconds,
		completedAt: row.completed_at,
		manifestKey: row.manifest_key,
		manifestSha256: row.manifest_sha256,
		token: row.token,
		traceparent: row.traceparent,
	}));
}

async function measurementsOf(db: Kysely<Schema>, ids: readonly string[]): Promise<Map<string, Measurement[]>> {
	if (ids.length === 0) return new Map();
	const rows = await db
		.selectFrom("measurements")
		.selectAll()
		.where("result", "in", ids)
		.orderBy("result")
		.orderBy("position")
		.execute();
	return grouped(rows, measurementOf);
}

async function artifactsOf(db: Kysely<Schema>, ids: readonly string[]): Promise<Map<string, Artifact[]>> {
	if (ids.length === 0) return new Map();
	const rows = await db
		.selectFrom("artifacts")
		.selectAll()
		.where("result", "in", ids)
		.orderBy("result")
		.orderBy("position")
		.execute();
	return grouped(rows, ({ name, media_type, size, sha256 }) => ({
		name: nameFromColumn(name),
		mediaType: media_type,
		size,
		sha256,
	}));
}

function grouped<R extends { readonly result: string }, T>(rows: readonly R[], of: (row: R) => T): Map<string, T[]> {
	const groups = Map.groupBy(rows, ({ result }) => result);
	return new Map([...groups].map(([result, members]) => [result, members.map(of)]));
}
