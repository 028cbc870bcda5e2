import type { Kysely } from "kysely";
import { permanent } from "#core/errors.ts";
import type { GivenLease, Lease } from "#core/ports/catalog.ts";
import type { Scope } from "#domain/access.ts";
import { insertRows } from "./insert-rows.ts";
import type { Schema } from "./schema.ts";
import { seesLease } from "./scoped.ts";
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

export async function leaseholders(
	db: Kysely<Schema>,
	prefix: string,
	now: number,
): Promise<ReadonlyMap<string, string>> {
	const given = await leasesGiven(db, prefix, now, "everything");
	return new Map([...given].flatMap(([name, { holder }]) => (holder === undefined ? [] : [[name, holder]])));
}

export async function leasesGiven(
	db: Kysely<Schema>,
	prefix: string,
	now: number,
	scope: Scope,
): Promise<ReadonlyMap<string, GivenLease>> {
	const rows = await db.selectFrom("leases").selectAll().where("name", ">=", prefix).orderBy("name").execute();
	return new Map(
		rows
			.filter(({ name }) => name.startsWith(prefix) && seesLease(scope, name))
			.map(({ name, owner, token, until }) => [
				name,
				{ token, holder: until > now ? (owner ?? undefined) : undefined },
			]),
	);
}

/**
 * Who was suspended for longer than the lease, and goes on as if nothing had been, is stopped here.
 *
 * @throws WatchRabbitError LEASE_LOST (permanent)
 */
export async function checkLease(turn: Turn, { name, token }: Lease): Promise<void> {
	const lease = await turn.db.selectFrom("leases").select("token").where("name", "=", name).executeTakeFirst();
	if (lease?.token === token) return;
	throw permanent("LEASE_LOST", `${name} was given to another process`, { unusable: true });
}

/** Gives back one's own lease; another's is left alone. */
export async function endLease(db: Kysely<Schema>, name: string, owner: string): Promise<void> {
	await db.updateTable("leases").set({ owner: null }).where("name", "=", name).where("owner", "=", owner).execute();
}
