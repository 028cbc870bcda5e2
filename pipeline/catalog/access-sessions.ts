import type { Kysely } from "kysely";
import type { AccessStore, Doer, Refreshed, SessionRow } from "#core/ports/access-store.ts";
import { asUser, tell } from "./access-rows.ts";
import type { Schema } from "./schema.ts";
import type { Turn } from "./turn.ts";

/** Two tabs that share a cookie use it at the same time; and who is not answered asks again. */
const repeatedMs = 10_000;

/** Whoever begins one clears away those that are over. */
export async function beginSession(
	turn: Turn,
	{ id, user, expiresAt, refresh, address }: Parameters<AccessStore["beginSession"]>[0],
	by: Doer,
): Promise<void> {
	const { db, now } = turn;
	const over = db.selectFrom("sessions").select("id").where("expires_at", "<", now);
	await db.deleteFrom("refresh_tokens").where("session", "in", over).execute();
	await db.deleteFrom("sessions").where("expires_at", "<", now).execute();
	await db
		.insertInto("sessions")
		.values({ id, user, created_at: now, expires_at: expiresAt, ended_at: null })
		.execute();
	await db.insertInto("refresh_tokens").values({ hash: refresh, session: id, used_at: null }).execute();
	await tell(turn, by, "session.begun", `session:${id}`, { user, address });
}

export async function session(db: Kysely<Schema>, id: string): Promise<SessionRow | undefined> {
	const row = await db.selectFrom("sessions").selectAll().where("id", "=", id).executeTakeFirst();
	if (row === undefined) return undefined;
	const user = await db.selectFrom("users").selectAll().where("id", "=", row.user).executeTakeFirstOrThrow();
	return { id, user: asUser(user), expiresAt: row.expires_at, endedAt: row.ended_at ?? undefined };
}

export async function sessionOfRefresh(db: Kysely<Schema>, hash: string): Promise<SessionRow | undefined> {
	const token = await refreshToken(db, hash);
	return token && (await session(db, token.session));
}

function refreshToken(db: Kysely<Schema>, hash: string) {
	return db.selectFrom("refresh_tokens").selectAll().where("hash", "=", hash).executeTakeFirst();
}

/** RFC 9700, 4.14: of a token that comes twice nobody knows who is the thief, so that neither of them goes on. */
export async function refresh(turn: Turn, hash: string, next: string): Promise<Refreshed> {
	const { db, now } = turn;
	const token = await refreshToken(db, hash);
	const of = token && (await session(db, token.session));
	if (token === undefined || of === undefined || of.endedAt !== undefined) return { kind: "over" };
	if (of.expiresAt <= now || of.user.disabledAt !== undefined) return { kind: "over" };
	// A thief gains nothing by being that fast: he is given no other.
	if (token.used_at !== null && now - token.used_at < repeatedMs) return { kind: "repeated", session: of };
	if (token.used_at !== null) {
		await end(turn, of.id);
		await tell(turn, { actor: `user:${of.user.name}`, now }, "session.token-reused", `session:${of.id}`);
		return { kind: "reused", session: of };
	}
	await db.updateTable("refresh_tokens").set({ used_at: now }).where("hash", "=", hash).execute();
	await db.insertInto("refresh_tokens").values({ hash: next, session: of.id, used_at: null }).execute();
	return { kind: "refreshed", session: of };
}

export async function endSession(turn: Turn, id: string, by: Doer): Promise<void> {
	if (await end(turn, id)) await tell(turn, by, "session.ended", `session:${id}`);
}

async function end({ db, now }: Turn, id: string): Promise<boolean> {
	const query = db.updateTable("sessions").set({ ended_at: now }).where("id", "=", id).where("ended_at", "is", null);
	return (await query.executeTakeFirst()).numUpdatedRows > 0n;
}

export async function endSessionsOf({ db, now }: Turn, user: string): Promise<void> {
	await db
		.updateTable("sessions")
		.set({ ended_at: now })
		.where("user", "=", user)
		.where("ended_at", "is", null)
		.execute();
}
