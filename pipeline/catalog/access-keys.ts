import type { Kysely, Selectable } from "kysely";
import { permanent } from "#core/errors.ts";
import type { Doer, KeyRow, NewKey } from "#core/ports/access-store.ts";
import { asGrant, grantColumns, tell } from "./access-rows.ts";
import type { ApiKeysTable } from "./access-schema.ts";
import type { Schema } from "./schema.ts";
import type { Turn } from "./turn.ts";

/** More often than that nobody needs to know it, and each time is a write. */
const usedEveryMs = 60_000;

export async function keys(db: Kysely<Schema>): Promise<readonly KeyRow[]> {
	const rows = await db.selectFrom("api_keys").selectAll().orderBy("created_at", "desc").orderBy("id").execute();
	return rows.map(asKey);
}

export async function key(db: Kysely<Schema>, id: string): Promise<KeyRow | undefined> {
	const row = await db.selectFrom("api_keys").selectAll().where("id", "=", id).executeTakeFirst();
	return row && asKey(row);
}

export async function addKey(turn: Turn, { id, name, hash, permissions, expiresAt, ...grant }: NewKey, by: Doer) {
	await turn.db
		.insertInto("api_keys")
		.values({
			id,
			name,
			hash,
			...grantColumns(grant),
			permissions: permissions === undefined ? null : JSON.stringify(permissions),
			created_at: turn.now,
			expires_at: expiresAt ?? null,
			used_at: null,
			revoked_at: null,
		})
		.execute();
	const { role, projects } = grant;
	await tell(turn, by, "key.created", `key:${id}`, { name, role, projects, permissions, expiresAt });
}

export async function revokeKey(turn: Turn, id: string, by: Doer): Promise<void> {
	const known = await key(turn.db, id);
	if (known === undefined) {
		throw permanent("KEY_UNKNOWN", `there is no key ${id}`, { fix: "See which there are: watchrabbit keys list" });
	}
	if (known.revokedAt !== undefined) return;
	await turn.db.updateTable("api_keys").set({ revoked_at: turn.now }).where("id", "=", id).execute();
	await tell(turn, by, "key.revoked", `key:${id}`, { name: known.name });
}

export async function keyUsed(db: Kysely<Schema>, id: string, now: number): Promise<void> {
	await db
		.updateTable("api_keys")
		.set({ used_at: now })
		.where("id", "=", id)
		.where((eb) => eb.or([eb("used_at", "is", null), eb("used_at", "<=", now - usedEveryMs)]))
		.execute();
}

function asKey(row: Selectable<ApiKeysTable>): KeyRow {
	return {
		id: row.id,
		name: row.name,
		hash: row.hash,
		...asGrant(row),
		permissions: row.permissions === null ? undefined : JSON.parse(row.permissions),
		createdAt: row.created_at,
		expiresAt: row.expires_at ?? undefined,
		usedAt: row.used_at ?? undefined,
		revokedAt: row.revoked_at ?? undefined,
	};
}
