import type { Kysely } from "kysely";
import { insertRows } from "./insert-rows.ts";
import type { Schema } from "./schema.ts";
import type { Turn } from "./turn.ts";

/** The token stays while the lease is kept without a gap; every other way of getting it gives a larger one. */
export async function takeLease(turn: Turn, name: string, owner: string, ttlMs: number): Promise<number | undefined> {
	const until = turn.now + ttlMs;
	const lease = await turn.db.selectFrom("leases").selectAll().where("name", "=", name).executeTakeFirst();
	if (lease === undefined) {
		await insertRows(turn.db, "leases", [{ name, owner, token: 1, until }]);
		return 1;
	}
	const live = lease.owner !== null && lease.until > turn.now;
	if (live && lease.owner !== owner) return undefined;
	const token = live ? lease.token : lease.token + 1;
	await turn.db.updateTable("leases").set({ owner, token, until }).where("name", "=", name).execute();
	return token;
}

/** Gives back one's own lease; another's is left alone. */
export async function endLease(db: Kysely<Schema>, name: string, owner: string): Promise<void> {
	await db.updateTable("leases").set({ owner: null }).where("name", "=", name).where("owner", "=", owner).execute();
}
