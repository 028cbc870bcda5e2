import { createHash } from "node:crypto";
import { type Kysely, sql } from "kysely";
import { canonicalJson } from "#domain/canonical-json.ts";
import type { Schema } from "./schema.ts";

/** By which jobs and results of the same parameters are found. */
export function paramsHash(params: unknown): string {
	return createHash("sha256").update(canonicalJson(params)).digest("hex").slice(0, 16);
}

/**
 * Of the sets of parameters that there are, those in which each of these has this value. Sets are as many as ways in which
 * the lab configured its pipelines: the index is asked for the first of each.
 */
export async function paramsHashes(
	db: Kysely<Schema>,
	params: Readonly<Record<string, unknown>>,
): Promise<readonly string[]> {
	const { rows } = await sql<{ hash: string; params: string }>`
		with recursive sets (hash) as (
			select min(params_hash) from jobs
			union all
			select (select min(params_hash) from jobs where params_hash > sets.hash) from sets where sets.hash is not null
		)
		select hash, (select params from jobs where params_hash = hash limit 1) as params from sets where hash is not null
	`.execute(db);
	const wanted = Object.entries(params).map(([name, value]) => [name, canonicalJson(value)] as const);
	return rows
		.filter(({ params }) => {
			const set = JSON.parse(params) as Record<string, unknown>;
			return wanted.every(([name, value]) => Object.hasOwn(set, name) && canonicalJson(set[name]) === value);
		})
		.map(({ hash }) => hash);
}
