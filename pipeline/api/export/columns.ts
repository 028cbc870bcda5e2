import { z } from "zod";

/** A column of a table that a list is exported as: a field, or one of an object in it. */
export interface Column {
	/** "analysis.file" */
	readonly name: string;
	readonly path: readonly [string, ...string[]];
	readonly kind: "text" | "number" | "time" | "boolean" | "json";
}

interface Schema {
	readonly $ref?: string;
	readonly $defs?: Readonly<Record<string, Schema>>;
	readonly type?: string;
	readonly format?: string;
	readonly anyOf?: readonly Schema[];
	readonly properties?: Readonly<Record<string, Schema>>;
}

/** The columns of a resource, as its form declares them, in that order. Lists and maps are one column of JSON. */
export function columnsOf(form: z.ZodObject): readonly Column[] {
	const whole = z.toJSONSchema(form, { io: "output" }) as Schema;
	const { $defs = {} } = whole;
	const columns = (fields: Readonly<Record<string, Schema>>, above: readonly string[]): Column[] =>
		Object.entries(fields).flatMap(([name, given]): Column[] => {
			const path = [...above, name] as unknown as Column["path"];
			const schema = present(given, $defs);
			if (schema.properties !== undefined) return columns(schema.properties, path);
			return [{ name: path.join("."), path, kind: kindOf(schema) }];
		});
	return columns(present(whole, $defs).properties ?? {}, []);
}

/** What a value is when it is there. */
function present(given: Schema, defs: Readonly<Record<string, Schema>>): Schema {
	const schema = given.$ref === undefined ? given : (defs[given.$ref.replace("#/$defs/", "")] ?? given);
	const there = schema.anyOf?.filter(({ type }) => type !== "null").map((one) => present(one, defs));
	return there?.find(({ type }) => type === "number") ?? there?.[0] ?? schema;
}

function kindOf({ type, format }: Schema): Column["kind"] {
	if (type === "number" || type === "integer") return "number";
	if (type === "boolean") return "boolean";
	if (type === "string") return format === "date-time" ? "time" : "text";
	return "json";
}

/** Null where it is not there. */
export function valueAt(row: object, { path }: Column): unknown {
	let value: unknown = row;
	for (const name of path) value = (value as Readonly<Record<string, unknown>> | null | undefined)?.[name];
	return value ?? null;
}
