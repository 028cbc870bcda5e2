import { resolve } from "node:path";
import type { z } from "zod";
import { coverSecrets } from "#core/secrets.ts";
import type { Effective } from "./load.ts";
import { type KeyPath, type Origin, renderPath } from "./problem.ts";
import { defaultOf, descriptionOf, fixedKeys, namedValues, schemaAt, valueAt, wordingOf } from "./schema-walk.ts";

/** The effective value of one key, where it comes from, and what the key is for. */
export interface Explained {
	readonly key: string;
	readonly value: unknown;
	readonly origin: Origin;
	readonly description: string;
}

type Schema = z.core.$ZodType;

/** Every key that counts, in the order of the declaration: those written, those overridden, and the defaults. */
export function explain(effective: Effective): Explained[] {
	const withDefaultPool = valueAt(effective.value, ["pools", "default"]) === undefined ? [["pools", "default"]] : [];
	return [
		...explainAt(effective, effective.schema, []),
		...withDefaultPool.flatMap((path) => explainAt(effective, schemaAt(effective.schema, path) as Schema, path)),
	];
}

function explainAt(effective: Effective, schema: Schema, path: KeyPath): Explained[] {
	const value = valueAt(effective.value, path);
	const named = namedValues(schema);
	if (named && path.at(-1) !== "params") {
		const names = typeof value === "object" && value !== null ? Object.keys(value) : [];
		return names.flatMap((name) => explainAt(effective, named, [...path, name]));
	}
	const fixed = fixedKeys(schema);
	const isMap = typeof value === "object" && value !== null && !Array.isArray(value);
	if (fixed.size > 0 && (isMap || hasDefaultMap(schema) || (value === undefined && path.length === 2))) {
		return [...fixed].flatMap(([key, inner]) => explainAt(effective, inner, [...path, key]));
	}
	const shown = shownValue(value ?? defaultOf(schema), schema, effective.base);
	if (shown === undefined) return [];
	const origin: Origin = value === undefined ? { kind: "default" } : effective.origin(path, "value");
	return [{ key: renderPath(path), value: shown, origin, description: descriptionOf(schema) ?? "" }];
}

function hasDefaultMap(schema: Schema): boolean {
	const value = defaultOf(schema);
	return typeof value === "object" && !Array.isArray(value);
}

/** The one place through which a value goes out: paths become absolute here, and secrets are covered. */
function shownValue(value: unknown, schema: Schema, base: string): unknown {
	if (typeof value !== "string") return value;
	if (wordingOf(schema)?.secret === true) return "***";
	return coverSecrets(wordingOf(schema)?.path === true ? resolve(base, value) : value);
}
