import type { Measurement } from "#domain/result.ts";
import type { Scalar } from "#domain/scalar.ts";
import { nameFromColumn, nameToColumn } from "./name-column.ts";
import type { MeasurementsTable } from "./schema.ts";

type Columns = Omit<MeasurementsTable, "result" | "position">;

/** Numbers as doubles, so that they can be compared in the database; what is not finite as text; NA as neither. */
export function measurementColumns({ name, value, unit, lower, upper }: Measurement): Columns {
	return {
		name: nameToColumn(name),
		...(typeof value === "string" ? { value: null, text: value } : { value, text: null }),
		unit: nameToColumn(unit),
		lower: lower ?? null,
		upper: upper ?? null,
	};
}

export function measurementOf({ name, value, text, unit, lower, upper }: Columns): Measurement {
	return {
		name: nameFromColumn(name),
		value: text === null ? value : (text as Exclude<Scalar, number | null>),
		unit: nameFromColumn(unit),
		...(lower === null ? {} : { lower }),
		...(upper === null ? {} : { upper }),
	};
}
