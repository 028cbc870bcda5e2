import type { Kysely } from "kysely";
import type { Lease } from "#core/ports/catalog.ts";
import type { LogOffset, LogPosition } from "#core/ports/event-log.ts";
import { checkLease } from "./leases.ts";
import type { Schema } from "./schema.ts";
import type { Turn } from "./turn.ts";

/** Before the first event. */
const beginning = -1;

export async function offset(db: Kysely<Schema>, log: string): Promise<LogOffset | undefined> {
	const row = await db.selectFrom("offsets").select("position").where("log", "=", log).executeTakeFirst();
	return row === undefined || row.position === beginning ? undefined : row.position;
}

/** One that was committed before there were marks says nothing of which log it was in. */
export async function position(db: Kysely<Schema>, log: string): Promise<LogPosition | undefined> {
	const row = await db.selectFrom("offsets").selectAll().where("log", "=", log).executeTakeFirst();
	return row === undefined || row.mark === null ? undefined : { offset: row.position, mark: row.mark };
}

export async function commitOffset(
	turn: Turn,
	log: string,
	offset: LogOffset,
	mark: string | undefined,
): Promise<void> {
	const there = { position: offset, mark: mark ?? null };
	await turn.db
		.insertInto("offsets")
		.values({ log, ...there, begun: 0 })
		.onConflict((conflict) => conflict.column("log").doUpdateSet(there).where("offsets.position", "<", offset))
		.execute();
}

export async function beginLog(turn: Turn, log: string, lease: Lease | undefined): Promise<void> {
	if (lease !== undefined) await checkLease(turn, lease);
	const nowhere = { position: beginning, mark: null };
	await turn.db
		.insertInto("offsets")
		.values({ log, ...nowhere, begun: 1 })
		.onConflict((conflict) =>
			conflict.column("log").doUpdateSet((eb) => ({ ...nowhere, begun: eb("offsets.begun", "+", 1) })),
		)
		.execute();
}

export async function logsBegun(db: Kysely<Schema>): Promise<ReadonlyMap<string, number>> {
	const rows = await db.selectFrom("offsets").select(["log", "begun"]).where("begun", ">", 0).execute();
	return new Map(rows.map(({ log, begun }) => [log, begun]));
}
