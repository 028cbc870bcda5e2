import { z } from "zod";
import type { KeyPath } from "./problem.ts";
import { type Wording, wordings } from "./value-kinds.ts";

type Schema = z.core.$ZodType;

/** The schema inside of defaults, optionals and transforms; the schema itself when there is nothing around it. */
function inner(schema: Schema): Schema | undefined {
	const { def } = (schema as z.core.$ZodTypes)._zod;
	if (def.type === "optional" || def.type === "prefault" || def.type === "nullable") return def.innerType;
	return def.type === "pipe" ? def.in : undefined;
}

/** From the schema to the innermost one: what is said of a value may be said at any of them. */
function* layers(schema: Schema): Generator<Schema> {
	for (let layer: Schema | undefined = schema; layer; layer = inner(layer)) yield layer;
}

function core(schema: Schema): z.core.$ZodTypes {
	return [...layers(schema)].at(-1) as z.core.$ZodTypes;
}

export function wordingOf(schema: Schema): Wording | undefined {
	for (const layer of layers(schema)) {
		const wording = wordings.get(layer);
		if (wording) return wording;
	}
	return undefined;
}

export function descriptionOf(schema: Schema): string | undefined {
	return metaOf(schema, "description") as string | undefined;
}

export function exampleOf(schema: Schema): unknown {
	const examples = metaOf(schema, "examples");
	return Array.isArray(examples) ? examples[0] : defaultOf(schema);
}

function metaOf(schema: Schema, key: "description" | "examples"): unknown {
	for (const layer of layers(schema)) {
		const found = z.globalRegistry.get(layer)?.[key];
		if (found !== undefined) return found;
	}
	return undefined;
}

/** The default as one would write it; undefined when there is none. */
export function defaultOf(schema: Schema): unknown {
	const { def } = (schema as z.core.$ZodTypes)._zod;
	return def.type === "prefault" ? def.defaultValue : undefined;
}

/** The fixed keys of a map and their schemas. A value that may be a text or a map has those of the map. */
export function fixedKeys(schema: Schema): ReadonlyMap<string, Schema> {
	const { def } = core(schema)._zod;
	if (def.type === "object") return new Map(Object.entries(def.shape));
	if (def.type === "union")
		return fixedKeys(def.options.find((option) => core(option)._zod.def.type === "object") ?? z.never());
	return new Map();
}

/** The schema of the values of a map with names of the user's own. */
export function namedValues(schema: Schema): Schema | undefined {
	const { def } = core(schema)._zod;
	return def.type === "record" ? def.valueType : undefined;
}

/** The schema of what stands at a path; undefined below values of free form. */
export function schemaAt(root: Schema, path: KeyPath): Schema | undefined {
	let schema: Schema | undefined = root;
	for (const part of path) {
		if (schema === undefined) return undefined;
		const { def }: z.core.$ZodTypes["_zod"] = core(schema)._zod;
		schema = def.type === "array" ? def.element : (namedValues(schema) ?? fixedKeys(schema).get(String(part)));
	}
	return schema;
}

export function valueAt(root: unknown, path: KeyPath): unknown {
	let value = root;
	for (const part of path) {
		if (typeof value !== "object" || value === null) return undefined;
		value = (value as Readonly<Record<string | number, unknown>>)[part];
	}
	return value;
}
