import type { MeasurementRow } from "#core/ports/catalog-rows.ts";
import { measurementOf } from "./measurement-columns.ts";
import { nameFromColumn, nameToColumn } from "./name-column.ts";
import { equals, type Listing, oneOf } from "./page.ts";
import { resultFilters } from "./result-filters.ts";
import type { AcquisitionsTable, MeasurementsTable, ResultsTable } from "./schema.ts";

type Row = MeasurementsTable &
	Pick<ResultsTable, "pipeline" | "source" | "completed_at"> &
	Pick<AcquisitionsTable, "key" | "acquired_at">;

export const measurements: Listing<Row, MeasurementRow> = {
	name: "measurements",
	sort: [
		{ column: "results.completed_at", type: "number" },
		{ column: "results.id", type: "string" },
		{ column: "measurements.position", type: "number" },
	],
	positionOf: ({ completed_at, result, position }) => [completed_at, result, position],
	seen: { by: "pipeline", column: "results.pipeline" },
	from: (db) =>
		db
			.selectFrom("results")
			.innerJoin("measurements", "measurements.result", "results.id")
			.innerJoin("acquisitions", "acquisitions.id", "results.acquisition")
			.selectAll("measurements")
			.select(["results.pipeline", "results.source", "results.completed_at"])
			.select(["acquisitions.key", "acquisitions.acquired_at"]),
	filters: {
		...resultFilters,
		result: equals("results.id"),
		results: oneOf("results.id"),
		name: (name) => equals("measurements.name")(nameToColumn(name)),
	},
	complete: async (_db, rows) =>
		rows.map((row) => ({
			result: row.result,
			pipeline: row.pipeline,
			source: row.source,
			key: nameFromColumn(row.key),
			...measurementOf(row),
			acquiredAt: row.acquired_at,
			completedAt: row.completed_at,
		})),
};
