import type { Kysely } from "kysely";
import type { Arrival } from "#core/ports/catalog.ts";
import type { Waiting, WaitingRoom } from "#core/ports/waiting-room.ts";
import { depart, hasDeparted } from "./departed.ts";
import { insertRows } from "./insert-rows.ts";
import { nameFromColumn, nameHash, nameToColumn } from "./name-column.ts";
import type { WaitingTable } from "./rooms-schema.ts";
import type { Schema } from "./schema.ts";
import type { Turn } from "./turn.ts";
import type { Turns } from "./turns.ts";

/** A room of the catalog: its rows in `waiting`. */
export class CatalogRoom<T> implements WaitingRoom<T> {
	readonly #db: Kysely<Schema>;
	readonly #turns: Turns;
	readonly #room: string;

	constructor(db: Kysely<Schema>, turns: Turns, room: string) {
		this.#db = db;
		this.#turns = turns;
		this.#room = room;
	}

	/** What is put again keeps its place in the order of arrival. */
	put(entry: Waiting<T>): Promise<readonly Waiting<T>[] | undefined> {
		return this.#turns.take(entry.since, async (turn) => {
			if (await hasDeparted(turn.db, this.#room, entry)) return undefined;
			const row = rowOf(this.#room, entry, turn.nextSeq());
			const { value, since, due_at } = row;
			const { numUpdatedRows } = await this.#member(turn.db.updateTable("waiting"), entry)
				.set({ value, since, due_at, passed: 0 })
				.executeTakeFirst();
			if (numUpdatedRows === 0n) await insertRows(turn.db, "waiting", [row]);
			const known = await turn.db
				.selectFrom("waiting")
				.selectAll()
				.where("room", "=", this.#room)
				.where("key_hash", "=", row.key_hash)
				.orderBy("seq")
				.execute();
			return known.map(asWaiting<T>);
		});
	}

	async due(now: number, max: number): Promise<readonly (readonly Waiting<T>[])[]> {
		const keys = await this.#db
			.selectFrom("waiting")
			.select("key_hash")
			.where("room", "=", this.#room)
			.where("passed", "=", 0)
			.where("due_at", "<=", now)
			.groupBy("key_hash")
			.orderBy((eb) => eb.fn.min("due_at"))
			.orderBy("key_hash")
			.limit(max)
			.execute();
		if (keys.length === 0) return [];
		const hashes = keys.map(({ key_hash }) => key_hash);
		const rows = await this.#db
			.selectFrom("waiting")
			.selectAll()
			.where("room", "=", this.#room)
			.where("key_hash", "in", hashes)
			.orderBy("seq")
			.execute();
		const byKey = Map.groupBy(rows, ({ key_hash }) => key_hash);
		return hashes.map((hash) => (byKey.get(hash) ?? []).map(asWaiting<T>)).filter((waiting) => waiting.length > 0);
	}

	async nextDue(): Promise<number | undefined> {
		const row = await this.#db
			.selectFrom("waiting")
			.select("due_at")
			.where("room", "=", this.#room)
			.where("passed", "=", 0)
			.orderBy("due_at")
			.limit(1)
			.executeTakeFirst();
		return row?.due_at;
	}

	async pass(key: string, members: readonly Waiting<T>[]): Promise<void> {
		await this.#turns.write(async (trx) => {
			for (const member of members) {
				await this.#unchanged(this.#member(trx.updateTable("waiting"), { ...member, key }), member)
					.set({ passed: 1 })
					.execute();
			}
		});
	}

	async leave(key: string, members: readonly Waiting<T>[]): Promise<void> {
		await this.#turns.write(async (trx) => {
			for (const member of members) {
				await this.#unchanged(this.#member(trx.deleteFrom("waiting"), { ...member, key }), member).execute();
			}
		});
	}

	depart(key: string, members: readonly Waiting<T>[]): Promise<void> {
		const ids = members.map(({ id }) => id);
		return this.#turns.write((trx) => depart(trx, { room: this.#room, key, ids }));
	}

	#member<Q extends Narrowed<Q>>(query: Q, { key, id }: Pick<Waiting<T>, "key" | "id">): Q {
		return query
			.where("room", "=", this.#room)
			.where("key_hash", "=", nameHash(key))
			.where("id_hash", "=", nameHash(id));
	}

	/** What was put again since is another thing, and waits. When it is due is no part of it: that moves with the clock. */
	#unchanged<Q extends Narrowed<Q>>(query: Q, { value, since }: Waiting<T>): Q {
		return query.where("value", "=", JSON.stringify(value)).where("since", "=", since);
	}
}

/** An arrival goes into a room, whole. One that is there stays as it is. */
export async function enter(turn: Turn, room: string, { event, acquisition }: Arrival): Promise<void> {
	const entry = { key: event.id, id: event.id, value: { event, acquisition }, since: turn.now, dueAt: atOnce };
	await turn.db
		.insertInto("waiting")
		.values(rowOf(room, entry, turn.nextSeq()))
		.onConflict((conflict) => conflict.columns(["room", "key_hash", "id_hash"]).doNothing())
		.execute();
}

/** Due whatever time it is: a clock that is set back delays nothing. */
const atOnce = 0;

function rowOf<T>(room: string, { key, id, value, since, dueAt }: Waiting<T>, seq: number): WaitingTable {
	return {
		room,
		key_hash: nameHash(key),
		id_hash: nameHash(id),
		seq,
		key: nameToColumn(key),
		id: nameToColumn(id),
		value: JSON.stringify(value),
		since,
		due_at: dueAt,
		passed: 0,
	};
}

export async function shiftRooms(db: Kysely<Schema>, byMs: number): Promise<void> {
	await db
		.updateTable("waiting")
		.set((eb) => ({ due_at: eb("due_at", "+", Math.trunc(byMs)) }))
		.where("passed", "=", 0)
		.execute();
}

/** The part of an update and of a delete that narrows to rows. */
interface Narrowed<Q> {
	where(column: keyof WaitingTable, operator: "=", value: string | number): Q;
}

function asWaiting<T>(row: WaitingTable): Waiting<T> {
	return {
		key: nameFromColumn(row.key),
		id: nameFromColumn(row.id),
		value: JSON.parse(row.value),
		since: row.since,
		dueAt: row.due_at,
	};
}
