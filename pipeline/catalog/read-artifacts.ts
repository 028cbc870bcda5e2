import { posix } from "node:path";
import type { ArtifactRow } from "#core/ports/catalog-rows.ts";
import { nameFromColumn, nameToColumn } from "./name-column.ts";
import { equals, type Listing } from "./page.ts";
import { resultFilters } from "./result-filters.ts";
import type { ArtifactsTable, ResultsTable } from "./schema.ts";

type Row = ArtifactsTable & Pick<ResultsTable, "pipeline" | "source" | "completed_at" | "manifest_key">;

export const artifacts: Listing<Row, ArtifactRow> = {
	name: "artifacts",
	sort: [
		{ column: "results.completed_at", type: "number" },
		{ column: "results.id", type: "string" },
		{ column: "artifacts.position", type: "number" },
	],
	positionOf: ({ completed_at, result, position }) => [completed_at, result, position],
	seen: { by: "pipeline", column: "results.pipeline" },
	from: (db) =>
		db
			.selectFrom("results")
			.innerJoin("artifacts", "artifacts.result", "results.id")
			.selectAll("artifacts")
			.select(["results.pipeline", "results.source", "results.completed_at", "results.manifest_key"]),
	filters: {
		...resultFilters,
		result: equals("results.id"),
		name: (name) => equals("artifacts.name")(nameToColumn(name)),
		digest: equals("artifacts.sha256"),
	},
	complete: async (_db, rows) => rows.map(asArtifactRow),
};

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
