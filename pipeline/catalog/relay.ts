import type { Kysely } from "kysely";
import { WatchRabbitError } from "#core/errors.ts";
import type { DispatchCatalog } from "#core/ports/catalog.ts";
import type { OutboxTable, Schema } from "./schema.ts";
import type { Turns } from "./turns.ts";

type Send = Parameters<DispatchCatalog["relay"]>[1];

/** Not in a turn: the queue is another system, and nobody waits for it with the catalog's pen in hand. */
export async function relay(db: Kysely<Schema>, turns: Turns, max: number, send: Send): Promise<number> {
	const full: string[] = [];
	let sent = 0;
	while (sent < max) {
		const room = max - sent;
		const rows = await oldest(db, room, full);
		for (const [pool, ofPool] of Map.groupBy(rows, ({ pool }) => pool)) {
			if (await taken(send, pool, ofPool)) {
				await turns.write((trx) => remove(trx, ofPool));
				sent += ofPool.length;
			} else full.push(pool);
		}
		if (rows.length < room) break;
	}
	return sent;
}

function oldest(db: Kysely<Schema>, max: number, except: readonly string[]): Promise<OutboxTable[]> {
	return db
		.selectFrom("outbox")
		.selectAll()
		.$if(except.length > 0, (query) => query.where("pool", "not in", except))
		.orderBy("seq")
		.limit(max)
		.execute();
}

/** False: the queue of the pool is full. */
async function taken(send: Send, pool: string, rows: readonly OutboxTable[]): Promise<boolean> {
	try {
		await send(
			pool,
			rows.map(({ job, priority, traceparent }) => ({ jobId: job, priority, traceparent })),
		);
		return true;
	} catch (error) {
		if (error instanceof WatchRabbitError && error.code === "QUEUE_FULL") return false;
		throw error;
	}
}

async function remove(db: Kysely<Schema>, rows: readonly OutboxTable[]): Promise<void> {
	await db
		.deleteFrom("outbox")
		.where(
			"seq",
			"in",
			rows.map(({ seq }) => seq),
		)
		.execute();
}
