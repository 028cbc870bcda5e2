import type { Scalar } from "#domain/scalar.ts";
import type { MeasurementsTable } from "./schema.ts";

type Columns = Pick<MeasurementsTable, "value" | "text">;

/** Numbers as doubles, so that they can be compared in the database; what is not finite as text; NA as neither. */
export function scalarColumns(value: Scalar): Columns {
	if (typeof value === "string") return { value: null, text: value };
	return { value, text: null };
}

export function scalarOf({ value, text }: Columns): Scalar {
	return text === null ? value : (text as Exclude<Scalar, number | null>);
}
