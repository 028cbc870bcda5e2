/**
 * A number as R knows it, in JSON: a finite double is a number with up to 17 significant digits; "NaN", "Inf" and
 * "-Inf" are those strings; NA is null. The same policy holds in the catalog, the manifest and the API.
 */
export type Scalar = number | "NaN" | "Inf" | "-Inf" | null;

export function scalarToNumber(scalar: Scalar): number | null {
	if (scalar === "NaN") return Number.NaN;
	if (scalar === "Inf") return Number.POSITIVE_INFINITY;
	if (scalar === "-Inf") return Number.NEGATIVE_INFINITY;
	return scalar;
}

export function numberToScalar(value: number | null): Scalar {
	if (value === null || Number.isFinite(value)) return value;
	if (Number.isNaN(value)) return "NaN";
	return value > 0 ? "Inf" : "-Inf";
}
