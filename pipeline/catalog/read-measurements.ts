import { sql } from "kysely";
import type { MeasurementRow } from "#core/ports/catalog-rows.ts";
import { by, equals, type Listing, oneOf } from "./listing.ts";
import { measurementOf } from "./measurement-columns.ts";
import { nameFromColumn } from "./name-column.ts";
import { resultFilters, resultParts } from "./result-filters.ts";
import type { AcquisitionsTable, MeasurementsTable, ResultsTable } from "./schema.ts";
import { measurement, resultsOfAcquisitions, searchesOf } from "./searches.ts";

type Row = MeasurementsTable &
	Pick<ResultsTable, "pipeline" | "source" | "completed_at"> &
	Pick<AcquisitionsTable, "key" | "captures" | "acquired_at">;

const position = [
	["results.id", "string"],
	["measurements.position", "integer"],
] as const;

export const measurements: Listing<Row, MeasurementRow> = {
	name: "measurements",
	sorts: {
		completed: {
			...by(["results.completed_at", "bigint"], ...position),
			from: (db) =>
				db
					.selectFrom("results")
					.crossJoin("measurements")
					.crossJoin("acquisitions")
					.whereRef("measurements.result", "=", "results.id")
					.whereRef("acquisitions.id", "=", "results.acquisition"),
		},
		acquired: {
			...by(["acquisitions.acquired_at", "bigint"], ["acquisitions.id", "string"], ...position),
			through: ["acquiredSince", "acquiredUntil"],
			from: (db) =>
				db
					.selectFrom("acquisitions")
					.crossJoin("results")
					.crossJoin("measurements")
					.whereRef("results.acquisition", "=", "acquisitions.id")
					.whereRef("measurements.result", "=", "results.id"),
		},
		value: {
			...by(["measurements.value", "number"], ["measurements.result", "string"], ["measurements.position", "integer"]),
			needs: "name",
			through: ["name", "measured"],
			from: (db) =>
				db
					.selectFrom("measurements")
					.crossJoin("results")
					.crossJoin("acquisitions")
					.whereRef("results.id", "=", "measurements.result")
					.whereRef("acquisitions.id", "=", "results.acquisition"),
			where: sql`measurements.value is not null`,
		},
	},
	...resultParts,
	from: (db) =>
		db
			.selectFrom("results")
			.innerJoin("measurements", "measurements.result", "results.id")
			.innerJoin("acquisitions", "acquisitions.id", "results.acquisition"),
	counted: (db) =>
		db.selectFrom("results").crossJoin("measurements").whereRef("measurements.result", "=", "results.id"),
	shown: (query) =>
		query
			.selectAll("measurements")
			.select(["results.pipeline", "results.source", "results.completed_at"])
			.select(["acquisitions.key", "acquisitions.captures", "acquisitions.acquired_at"]),
	filters: {
		...resultFilters,
		result: equals("results.id"),
		results: oneOf("results.id"),
	},
	searches: {
		...searchesOf(resultsOfAcquisitions),
		name: (name, asked) => measurement({ name }, asked),
		measured: ([range], asked) => measurement(range ?? { name: "" }, asked),
	},
	complete: async (_db, rows) =>
		rows.map((row) => ({
			result: row.result,
			pipeline: row.pipeline,
			source: row.source,
			key: nameFromColumn(row.key),
			captures: JSON.parse(row.captures),
			...measurementOf(row),
			acquiredAt: row.acquired_at,
			completedAt: row.completed_at,
		})),
};
