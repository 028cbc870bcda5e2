import type { Kysely } from "kysely";
import type { HistoryRow } from "#core/ports/catalog-rows.ts";
import type { FeedBounds, Origin } from "#core/ports/read-catalog.ts";
import { nameFromColumn } from "./name-column.ts";
import { commitOffset, offset } from "./offsets.ts";
import type { Schema } from "./schema.ts";
import type { Turn } from "./turn.ts";

/** Sequences are given under one lock after the other: whoever reads up to one has read all below it. */
export function feed(db: Kysely<Schema>, after: number, max: number): Promise<readonly HistoryRow[]> {
	return db.selectFrom("history").selectAll().where("seq", ">", after).orderBy("seq").limit(max).execute();
}

export async function feedBounds(db: Kysely<Schema>): Promise<FeedBounds> {
	const last = await db.selectFrom("history").select("seq").orderBy("seq", "desc").limit(1).executeTakeFirst();
	return { last: last?.seq ?? 0, forgotten: (await offset(db, forgotten)) ?? 0 };
}

/** Where it is noted up to which lines were forgotten; no log has a name like this. */
const forgotten = "history/forgotten";

/** Of lines below this one some are there no more. */
export async function noteForgotten(turn: Turn, below: number): Promise<void> {
	await commitOffset(turn, forgotten, below, undefined);
}

export async function origins(db: Kysely<Schema>, ids: readonly string[]): Promise<ReadonlyMap<string, Origin>> {
	if (ids.length === 0) return new Map();
	const rows = await db
		.selectFrom("acquisitions")
		.select(["id", "source", "key", "traceparent"])
		.where("id", "in", ids)
		.execute();
	const links = await db
		.selectFrom("acquisition_jobs")
		.select(["acquisition", "pipeline"])
		.distinct()
		.where("acquisition", "in", ids)
		.execute();
	const linked = Map.groupBy(links, ({ acquisition }) => acquisition);
	return new Map(
		rows.map(({ id, source, key, traceparent }) => {
			const pipelines = (linked.get(id) ?? []).map(({ pipeline }) => pipeline);
			return [id, { source, key: nameFromColumn(key), pipelines, traceparent }];
		}),
	);
}
