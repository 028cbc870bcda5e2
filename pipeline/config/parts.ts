import type { z } from "zod";
import {
	type PipelineConfig,
	type PoolConfig,
	type ProjectConfig,
	type pipelineSchema,
	poolSchema,
	projectSchema,
	type SourceConfig,
	sourceSchema,
} from "./schema.ts";
import { fixedKeys, schemaAt, valueAt } from "./schema-walk.ts";

/**
 * What can be understood of a configuration, valid as a whole or not: every key that is valid by itself. Checks of
 * meaning run over these, so that one slip does not hide all others.
 */
export interface Parts {
	/** Directory that relative paths are relative to. */
	readonly base: string;
	/** The configuration as written, overrides applied. */
	readonly value: unknown;
	readonly data: string | undefined;
	readonly listen: string | undefined;
	readonly operations: string | undefined;
	readonly sources: ReadonlyMap<string, Partial<SourceConfig>>;
	readonly pipelines: ReadonlyMap<string, Partial<PipelineConfig>>;
	/** With the one named default, which is always there. */
	readonly pools: ReadonlyMap<string, Partial<PoolConfig>>;
	readonly projects: ReadonlyMap<string, Partial<ProjectConfig>>;
	/** Of `access.oidc`. */
	readonly grants: readonly { readonly projects?: readonly string[] | undefined }[];
}

export function understand(value: unknown, schema: z.ZodType, base: string): Parts {
	const pipelines = schemaAt(schema, ["pipelines", ""]) as ReturnType<typeof pipelineSchema>;
	return {
		base,
		value,
		data: valid(schemaAt(schema, ["data"]) as z.ZodType<string>, valueAt(value, ["data"])),
		operations: valid(
			schemaAt(schema, ["http", "operations"]) as z.ZodType<string>,
			valueAt(value, ["http", "operations"]),
		),
		listen: valid(schemaAt(schema, ["http", "listen"]) as z.ZodType<string>, valueAt(value, ["http", "listen"])),
		sources: section<SourceConfig>(valueAt(value, ["sources"]), sourceSchema),
		pipelines: section<PipelineConfig>(valueAt(value, ["pipelines"]), pipelines),
		pools: section<PoolConfig>({ default: {}, ...(valueAt(value, ["pools"]) as object | undefined) }, poolSchema),
		projects: section<ProjectConfig>(valueAt(value, ["projects"]), projectSchema),
		grants:
			valid(
				schemaAt(schema, ["access", "oidc", "grants"]) as z.ZodType<Parts["grants"]>,
				valueAt(value, ["access", "oidc", "grants"]),
			) ?? [],
	};
}

function section<T>(values: unknown, schema: z.ZodType<T>): Map<string, Partial<T>> {
	const entries = typeof values === "object" && values !== null ? Object.entries(values) : [];
	return new Map(entries.map(([name, value]) => [name, validKeys(value, schema)]));
}

function validKeys<T>(value: unknown, schema: z.ZodType<T>): Partial<T> {
	const keys = [...fixedKeys(schema)].map(([key, inner]) => [key, valid(inner as z.ZodType, valueAt(value, [key]))]);
	return Object.fromEntries(keys.filter(([, parsed]) => parsed !== undefined)) as Partial<T>;
}

function valid<T>(schema: z.ZodType<T>, value: unknown): T | undefined {
	const parsed = schema.safeParse(value);
	return parsed.success ? parsed.data : undefined;
}
