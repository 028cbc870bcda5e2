/**
 * A number as R knows it, in JSON: a finite double is a number with up to 17 significant digits; "NaN", "Inf" and
 * "-Inf" are those strings; NA is null. The same policy holds in the catalog, the manifest and the API.
 */
export type Scalar = number | "NaN" | "Inf" | "-Inf" | null;
