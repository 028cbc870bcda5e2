import type { Kysely } from "kysely";
import type { Departure } from "#core/ports/catalog.ts";
import type { Waiting } from "#core/ports/waiting-room.ts";
import { chunks } from "./insert-rows.ts";
import { nameHash } from "./name-column.ts";
import type { Schema } from "./schema.ts";

/**
 * Who left a room for good is remembered for ever, by its identity alone: what it became part of has been analysed, and a
 * member that is delivered again must not become part of anything else.
 */
export async function depart(db: Kysely<Schema>, { room, key, ids }: Departure): Promise<void> {
	const key_hash = nameHash(key);
	for (const chunk of chunks(ids.map(nameHash), 500)) {
		await db
			.deleteFrom("waiting")
			.where("room", "=", room)
			.where("key_hash", "=", key_hash)
			.where("id_hash", "in", chunk)
			.execute();
		await db
			.insertInto("departed")
			.values(chunk.map((id_hash) => ({ room, key_hash, id_hash })))
			.onConflict((conflict) => conflict.columns(["room", "key_hash", "id_hash"]).doNothing())
			.execute();
	}
}

export async function hasDeparted(
	db: Kysely<Schema>,
	room: string,
	{ key, id }: Pick<Waiting<unknown>, "key" | "id">,
): Promise<boolean> {
	const row = await db
		.selectFrom("departed")
		.select("room")
		.where("room", "=", room)
		.where("key_hash", "=", nameHash(key))
		.where("id_hash", "=", nameHash(id))
		.executeTakeFirst();
	return row !== undefined;
}
