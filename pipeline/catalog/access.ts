import type { Kysely } from "kysely";
import type {
	AccessStore,
	AttemptLimits,
	Doer,
	LoginAttempt,
	NewKey,
	NewUser,
	SigningKeyRow,
	UserChange,
} from "#core/ports/access-store.ts";
import { attempt, succeeded } from "./access-attempts.ts";
import { addKey, key, keys, keyUsed, revokeKey } from "./access-keys.ts";
import { asUser, userNamed } from "./access-rows.ts";
import { beginSession, endSession, refresh, session, sessionOfRefresh } from "./access-sessions.ts";
import { addUser, changeUser, knownElsewhere } from "./access-users.ts";
import type { Schema } from "./schema.ts";
import type { Turns } from "./turns.ts";

/** In the catalog's database. */
export class CatalogAccess implements AccessStore {
	readonly #db: Kysely<Schema>;
	readonly #turns: Turns;

	constructor(db: Kysely<Schema>, turns: Turns) {
		this.#db = db;
		this.#turns = turns;
	}

	async anybody(now: number) {
		const users = this.#db.selectFrom("users").select("id").where("disabled_at", "is", null);
		if ((await users.limit(1).executeTakeFirst()) !== undefined) return true;
		const keys = this.#db.selectFrom("api_keys").select("id").where("revoked_at", "is", null);
		const good = keys.where((eb) => eb.or([eb("expires_at", "is", null), eb("expires_at", ">", now)]));
		return (await good.limit(1).executeTakeFirst()) !== undefined;
	}

	async users() {
		return (await this.#db.selectFrom("users").selectAll().orderBy("name_key").execute()).map(asUser);
	}
	userNamed(name: string) {
		return userNamed(this.#db, name);
	}
	addUser(user: NewUser, by: Doer) {
		return this.#turns.take(by.now, (turn) => addUser(turn, user, by));
	}
	changeUser(name: string, change: UserChange, by: Doer) {
		return this.#turns.take(by.now, (turn) => changeUser(turn, name, change, by));
	}
	knownElsewhere(subject: string, user: Omit<NewUser, "password">, by: Doer) {
		return this.#turns.take(by.now, (turn) => knownElsewhere(turn, subject, user, by));
	}

	keys() {
		return keys(this.#db);
	}
	key(id: string) {
		return key(this.#db, id);
	}
	addKey(key: NewKey, by: Doer) {
		return this.#turns.take(by.now, (turn) => addKey(turn, key, by));
	}
	revokeKey(id: string, by: Doer) {
		return this.#turns.take(by.now, (turn) => revokeKey(turn, id, by));
	}
	keyUsed(id: string, now: number) {
		return keyUsed(this.#db, id, now);
	}

	beginSession(begun: Parameters<AccessStore["beginSession"]>[0], by: Doer) {
		return this.#turns.take(by.now, (turn) => beginSession(turn, begun, by));
	}
	session(id: string) {
		return session(this.#db, id);
	}
	sessionOfRefresh(hash: string) {
		return sessionOfRefresh(this.#db, hash);
	}
	refresh(hash: string, next: string, now: number) {
		return this.#turns.take(now, (turn) => refresh(turn, hash, next));
	}
	endSession(id: string, by: Doer) {
		return this.#turns.take(by.now, (turn) => endSession(turn, id, by));
	}

	signingKeys() {
		return signingKeys(this.#db);
	}
	addSigningKey({ kid, publicKey, privateKey, createdAt }: SigningKeyRow, notBefore: number, forget: number) {
		return this.#turns.write(async (trx) => {
			await trx.deleteFrom("signing_keys").where("created_at", "<", forget).execute();
			const [newest] = await signingKeys(trx);
			if (newest === undefined || newest.createdAt < notBefore) {
				const row = { kid, public_key: publicKey, private_key: privateKey, created_at: createdAt };
				await trx.insertInto("signing_keys").values(row).execute();
			}
			return await signingKeys(trx);
		});
	}

	attempt(tried: LoginAttempt, limits: AttemptLimits, now: number) {
		return this.#turns.take(now, (turn) => attempt(turn, tried, limits));
	}
	succeeded(tried: LoginAttempt) {
		return succeeded(this.#db, tried);
	}
}

async function signingKeys(db: Kysely<Schema>): Promise<readonly SigningKeyRow[]> {
	const rows = await db.selectFrom("signing_keys").selectAll().orderBy("created_at", "desc").orderBy("kid").execute();
	return rows.map(({ kid, public_key, private_key, created_at }) => ({
		kid,
		publicKey: public_key,
		privateKey: private_key,
		createdAt: created_at,
	}));
}
