import type { Kysely } from "kysely";
import type { WaitingRow } from "#core/ports/catalog-rows.ts";
import type { Scope } from "#domain/access.ts";
import { nameFromColumn, nameHash } from "./name-column.ts";
import type { Schema } from "./schema.ts";
import { seenRoom } from "./scoped.ts";

export async function waiting(
	db: Kysely<Schema>,
	room: string,
	key: string,
	scope: Scope,
): Promise<readonly WaitingRow[]> {
	const rows = await db
		.selectFrom("waiting")
		.selectAll()
		.where("room", "=", room)
		.where("key_hash", "=", nameHash(key))
		.where(seenRoom(scope))
		.orderBy("seq")
		.execute();
	return rows.map((row) => {
		const { acquisition } = JSON.parse(row.value) as Pick<WaitingRow, "acquisition">;
		return { id: nameFromColumn(row.id), acquisition, since: row.since, dueAt: row.due_at, passed: row.passed === 1 };
	});
}
