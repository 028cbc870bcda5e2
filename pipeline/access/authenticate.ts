import type { IncomingHttpHeaders } from "node:http";
import { LRUCache } from "lru-cache";
import type { Clock } from "#core/clock.ts";
import { permanent, type WatchRabbitError } from "#core/errors.ts";
import type { AccessStore, KeyRow, SessionRow } from "#core/ports/access-store.ts";
import type { Principal } from "#domain/access.ts";
import type { AccessTokens, Claims } from "./access-tokens.ts";
import { partsOfApiKey } from "./api-keys.ts";
import { same } from "./secrets.ts";

/** `__Host-`: no other host, and no page of another path, can set it; it comes over TLS only, or from this machine. */
export const accessCookie = "__Host-wr_access";
export const csrfHeader = "x-csrf-token";

/** What is known of a key or a session is asked for again after that: by then a revocation holds everywhere. */
const knownMs = 5_000;
const usedEveryMs = 60_000;

/** What of a request says who asks. */
export interface Asking {
	readonly method: string;
	readonly headers: IncomingHttpHeaders;
}

export interface AuthenticatorContext {
	readonly store: Pick<AccessStore, "key" | "keyUsed" | "session">;
	readonly tokens: Pick<AccessTokens, "verify">;
	readonly clock: Clock;
}

/** With the principal that it makes: the same one for as long as it is known, so that others can know things of him. */
interface Known<Row> {
	readonly row: Row;
	readonly principal: Principal;
}

/**
 * Who asks: by an API key or an access token as `Authorization: Bearer ...`, or by the token in a cookie, as browsers do.
 *
 * Nothing is asked of the database of a key or a session that was asked of within 5 seconds: who is revoked, disabled or
 * given another role has what he had for so long at most.
 *
 * A cookie is sent along by the browser whoever made the page: what changes something has to bring the token's `csrf` as
 * well, which only a page of ours was told.
 */
export class Authenticator {
	readonly #context: AuthenticatorContext;
	readonly #keys: LRUCache<string, Known<KeyRow>>;
	readonly #sessions: LRUCache<string, Known<SessionRow>>;
	/** Ids that no key has: whoever makes them up is not to drive out those that are known. */
	readonly #nobodys: LRUCache<string, true>;
	/** When the use of a key was noted last. */
	readonly #noted = new LRUCache<string, number>({ max: 10_000 });

	constructor(context: AuthenticatorContext) {
		const { store, clock } = context;
		this.#context = context;
		// Time 0 is none there.
		const perf = { now: () => 1 + clock.monotonic() };
		const forAWhile = { max: 10_000, ttl: knownMs, ttlResolution: 0, perf };
		this.#nobodys = new LRUCache(forAWhile);
		this.#keys = new LRUCache({
			...forAWhile,
			fetchMethod: async (id) => {
				const row = await store.key(id);
				if (row === undefined) this.#nobodys.set(id, true);
				return row && { row, principal: keyPrincipal(row) };
			},
		});
		this.#sessions = new LRUCache({
			...forAWhile,
			fetchMethod: async (id) => {
				const row = await store.session(id);
				return row && { row, principal: userPrincipal(row) };
			},
		});
	}

	/** @throws WatchRabbitError UNAUTHENTICATED, CSRF_TOKEN_MISSING (permanent) */
	authenticate({ method, headers }: Asking): Principal | Promise<Principal> {
		const { authorization, cookie } = headers;
		if (authorization !== undefined) {
			const [, token] = /^Bearer ([\w.~+/=-]+)$/i.exec(authorization) ?? [];
			if (token === undefined) throw refusal("the header Authorization is no `Bearer` with a key or a token");
			const key = partsOfApiKey(token);
			return key === undefined ? this.#byToken(token) : this.#byKey(key);
		}
		const token = cookie === undefined ? undefined : cookieNamed(accessCookie, cookie);
		if (token === undefined) throw refusal("this asks who you are");
		return this.#byCookie(token, method, headers[csrfHeader]);
	}

	/** For who is answered whether or not he is known. @throws WatchRabbitError CSRF_TOKEN_MISSING (permanent) */
	async refuseForged({ method, headers }: Asking): Promise<void> {
		if (headers.authorization !== undefined) return;
		const claims = await this.#claimsOf(headers);
		if (claims !== undefined) refuseForgery(method, headers[csrfHeader], claims);
	}

	/** Whose access token this is; undefined: none, or none that is good. */
	async sessionOf({ headers }: Pick<Asking, "headers">): Promise<SessionRow | undefined> {
		const claims = await this.#claimsOf(headers);
		return claims && (await this.#context.store.session(claims.session));
	}

	async #claimsOf({ authorization, cookie = "" }: IncomingHttpHeaders): Promise<Claims | undefined> {
		const token =
			authorization === undefined ? cookieNamed(accessCookie, cookie) : authorization.slice("Bearer ".length);
		return token === undefined ? undefined : await this.#context.tokens.verify(token);
	}

	#byKey(key: { readonly id: string; readonly hash: string }): Principal | Promise<Principal> {
		const known = this.#keys.get(key.id);
		if (known !== undefined || this.#nobodys.has(key.id)) return this.#keyHolder(known, key.hash);
		return this.#keys.fetch(key.id).then((asked) => this.#keyHolder(asked, key.hash));
	}

	#keyHolder(known: Known<KeyRow> | undefined, hash: string): Principal {
		const { clock, store } = this.#context;
		const now = clock.now();
		// The same words for all of them, but to who has the secret.
		if (known === undefined || !same(known.row.hash, hash)) throw refusal("nobody has this API key");
		const { row, principal } = known;
		if (row.revokedAt !== undefined) throw refusal(`the API key ${row.id} was revoked`);
		if (row.expiresAt !== undefined && row.expiresAt <= now) throw refusal(`the API key ${row.id} has expired`);
		if (now - Math.max(row.usedAt ?? 0, this.#noted.get(row.id) ?? 0) >= usedEveryMs) {
			this.#noted.set(row.id, now);
			// Nobody waits for it, and who cannot note it has other troubles, which others tell.
			store.keyUsed(row.id, now).catch(() => {});
		}
		return principal;
	}

	async #byCookie(token: string, method: string, csrf: string | string[] | undefined): Promise<Principal> {
		const claims = await this.#context.tokens.verify(token);
		if (claims === undefined) throw refusal("the login is over");
		refuseForgery(method, csrf, claims);
		return await this.#ofSession(claims.session);
	}

	async #byToken(token: string): Promise<Principal> {
		const claims = await this.#context.tokens.verify(token);
		if (claims === undefined) throw refusal("the access token is none of this lab's, or has expired");
		return await this.#ofSession(claims.session);
	}

	async #ofSession(id: string): Promise<Principal> {
		const known = this.#sessions.get(id) ?? (await this.#sessions.fetch(id));
		if (known === undefined) throw refusal("the login is over");
		const { endedAt, expiresAt, user } = known.row;
		const over = endedAt !== undefined || user.disabledAt !== undefined || expiresAt <= this.#context.clock.now();
		if (over) throw refusal("the login is over");
		return known.principal;
	}
}

function refuseForgery(method: string, csrf: string | string[] | undefined, claims: Claims): void {
	const reads = method === "GET" || method === "HEAD" || method === "OPTIONS";
	if (reads || (typeof csrf === "string" && same(csrf, claims.csrf))) return;
	throw permanent("CSRF_TOKEN_MISSING", "a browser asked this without the token of the page that may", {
		fix: `Send the csrf token that the login or its refresh gave as the header ${csrfHeader}.`,
	});
}

function keyPrincipal({ id, name, role, projects, permissions }: KeyRow): Principal {
	return {
		kind: "key",
		id,
		name: `${name} (${id})`,
		role,
		projects,
		...(permissions !== undefined && { permissions }),
	};
}

function userPrincipal({ user: { id, name, role, projects } }: SessionRow): Principal {
	return { kind: "user", id, name, role, projects };
}

function refusal(message: string): WatchRabbitError {
	return permanent("UNAUTHENTICATED", message, {
		fix: "Send an API key as `Authorization: Bearer wr_...` (watchrabbit keys create), or log in.",
	});
}

function cookieNamed(name: string, header: string): string | undefined {
	const pair = header.split(";").find((pair) => pair.trimStart().startsWith(`${name}=`));
	return pair?.slice(pair.indexOf("=") + 1).trim();
}
