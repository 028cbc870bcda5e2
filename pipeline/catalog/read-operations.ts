import { type Kysely, sql } from "kysely";
import { permanent } from "#core/errors.ts";
import type { Page } from "#core/ports/catalog-rows.ts";
import type { Carries, OperationPage, OperationRow } from "#core/ports/operations.ts";
import type { OperationKind, OperationState, TargetType } from "#domain/operation.ts";
import { nameFromColumn, nameToColumn } from "./name-column.ts";
import type { OperationsTable } from "./operations-schema.ts";
import type { Schema } from "./schema.ts";
import { isOneOf } from "./scoped.ts";

export async function operations(
	db: Kysely<Schema>,
	{ limit, cursor, order = "desc", filter, scope = "everything" }: OperationPage,
): Promise<Page<OperationRow>> {
	const { kind, state, source, pipeline, requestedBy, since, until } = filter;
	if (isNobodys(source) || isNobodys(pipeline)) return { items: [] };
	let query = db.selectFrom("operations").selectAll();
	if (kind !== undefined) query = query.where("kind", "=", kind);
	if (state !== undefined) query = query.where(isOneOf("state", state));
	if (source !== undefined) query = query.where("source", "=", source);
	if (pipeline !== undefined) query = query.where("pipeline", "=", pipeline);
	if (requestedBy !== undefined) query = query.where("requested_by", "=", nameToColumn(requestedBy));
	if (since !== undefined) query = query.where("requested_at", ">=", since);
	if (until !== undefined) query = query.where("requested_at", "<", until);
	// What is of a pipeline is seen with it, what is of a source alone with that, and the rest by who sees everything.
	if (scope !== "everything") {
		const ofPipeline = isOneOf("pipeline", scope.pipelines);
		const ofSource = isOneOf("source", scope.sources);
		query = query.where(sql<boolean>`(${ofPipeline} or (pipeline is null and ${ofSource}))`);
	}
	if (cursor !== undefined) query = query.where("seq", order === "asc" ? ">" : "<", seqOf(cursor));
	const found = await query
		.orderBy("seq", order)
		.limit(limit + 1)
		.execute();
	const items = found.slice(0, limit).map(asOperationRow);
	const last = found[limit - 1];
	return found.length <= limit || last === undefined ? { items } : { items, next: String(last.seq) };
}

export async function operation(db: Kysely<Schema>, id: string): Promise<OperationRow | undefined> {
	if (isNobodys(id)) return undefined;
	const row = await db.selectFrom("operations").selectAll().where("id", "=", id).executeTakeFirst();
	return row === undefined ? undefined : asOperationRow(row);
}

export async function openOperations(
	db: Kysely<Schema>,
	{ kinds, targets, names, sources }: Carries,
	max: number,
): Promise<readonly OperationRow[]> {
	const rows = await db
		.selectFrom("operations")
		.selectAll()
		.where("state", "in", ["requested", "running"])
		.where(isOneOf("kind", kinds))
		.$if(targets !== undefined, (query) => query.where(isOneOf("target_type", targets ?? [])))
		.$if(names !== undefined, (query) => query.where(isOneOf("target_name", names ?? [])))
		.$if(sources !== undefined, (query) => query.where(isOneOf("source", sources ?? [])))
		.orderBy("seq")
		.limit(max)
		.execute();
	return rows.map(asOperationRow);
}

/** PostgreSQL takes no text with a NUL. */
function isNobodys(name: string | undefined): boolean {
	return name?.includes("\0") ?? false;
}

function seqOf(cursor: string): number {
	if (/^\d{1,15}$/.test(cursor)) return Number(cursor);
	throw permanent("CURSOR_INVALID", `"${cursor.slice(0, 200)}" is not a cursor of operations`, {
		fix: "Pass the `next` of the page before, with the same order, or none to begin.",
	});
}

export function asOperationRow(row: OperationsTable): OperationRow {
	const { target_type, target_name: name, target_path, done, total, message } = row;
	return {
		id: row.id,
		kind: row.kind as OperationKind,
		target: {
			type: target_type as TargetType,
			name,
			...(target_path !== null && { path: nameFromColumn(target_path) }),
		},
		source: row.source ?? undefined,
		pipeline: row.pipeline ?? undefined,
		state: row.state as OperationState,
		progress: { done, total, message },
		requestedBy: nameFromColumn(row.requested_by),
		why: row.why ?? undefined,
		error: row.error === null ? undefined : JSON.parse(row.error),
		requestedAt: row.requested_at,
		startedAt: row.started_at ?? undefined,
		endedAt: row.ended_at ?? undefined,
	};
}
