import { type Kysely, sql } from "kysely";
import type { OperationRequest } from "#core/ports/operations.ts";
import type { Pause, Target, TargetType } from "#domain/operation.ts";
import { nameFromColumn, nameHash, nameToColumn, proseToColumn } from "./name-column.ts";
import type { PausesTable } from "./operations-schema.ts";
import type { Schema } from "./schema.ts";
import type { Turn } from "./turn.ts";

/** A process that drains says that it is still there; one that was killed is forgotten after this. */
const processKeptMs = 60_000;

export async function pauses(db: Kysely<Schema>, now: number): Promise<readonly Pause[]> {
	const rows = await db
		.selectFrom("pauses")
		.selectAll()
		.orderBy("since")
		.orderBy("name")
		.orderBy("path_hash")
		.execute();
	return rows.filter(({ until }) => until === null || until > now).map(asPause);
}

export async function pauseOn(turn: Turn, target: Target): Promise<Pause | undefined> {
	const row = await turn.db.selectFrom("pauses").selectAll().where(isOn(target)).executeTakeFirst();
	return row === undefined || (row.until !== null && row.until <= turn.now) ? undefined : asPause(row);
}

/** From this turn on: whoever claims a job afterwards sees it. */
export async function holdBack(turn: Turn, { target, by, why }: OperationRequest, operation: string): Promise<void> {
	const { type, name, path = "" } = target;
	await letGo(turn, target);
	await turn.db
		.insertInto("pauses")
		.values({
			type,
			name,
			path: nameToColumn(path),
			path_hash: nameHash(path),
			since: turn.now,
			requested_by: nameToColumn(by),
			why: why === undefined ? null : proseToColumn(why),
			operation,
			until: type === "process" ? turn.now + processKeptMs : null,
		})
		.execute();
}

export async function letGo(turn: Turn, target: Target): Promise<void> {
	await turn.db.deleteFrom("pauses").where(isOn(target)).execute();
}

export async function keepPause(db: Kysely<Schema>, process: string, now: number): Promise<void> {
	await db
		.updateTable("pauses")
		.set({ until: now + processKeptMs })
		.where("type", "=", "process")
		.where("name", "=", process)
		.execute();
}

/**
 * Of a job in a query of jobs: what keeps it from beginning, in plain words; null: nothing does. In the statement that
 * claims it, so that a claim costs no more than before.
 */
export const heldBack = sql<string | null>`(
	select case pauses.type when 'everything' then 'everything is draining'
		else pauses.type || ' ' || pauses.name || ' is paused' end
	from pauses where pauses.type = 'everything'
		or (pauses.type = 'pipeline' and pauses.name = jobs.pipeline)
		or (pauses.type = 'pool' and pauses.name = jobs.pool)
	order by pauses.since limit 1
)`;

function isOn({ type, name, path = "" }: Target) {
	return sql<boolean>`type = ${type} and name = ${name} and path_hash = ${nameHash(path)}`;
}

function asPause({ type, name, path, since, requested_by, why }: PausesTable): Pause {
	return {
		on: { type: type as TargetType, name, ...(path !== "" && { path: nameFromColumn(path) }) },
		since,
		by: nameFromColumn(requested_by),
		why: why ?? undefined,
	};
}
