import { randomUUID } from "node:crypto";
import type { Clock } from "#core/clock.ts";
import { permanent, WatchRabbitError } from "#core/errors.ts";
import type { AccessStore, AttemptLimits, SessionRow, UserRow } from "#core/ports/access-store.ts";
import { nameKey } from "#domain/access.ts";
import { networkOf } from "#domain/address-network.ts";
import type { Report } from "#domain/report.ts";
import type { AccessTokens } from "./access-tokens.ts";
import { PasswordCheck } from "./passwords.ts";
import { newSecret, secretHash } from "./secrets.ts";

const limits: AttemptLimits = {
	withinMs: 15 * 60_000,
	accountFromNetwork: 10,
	account: 100,
	/** Behind one there may be a whole institute. */
	network: 50,
};

/** Where somebody logs in from, as it is noted. */
export interface Visitor {
	readonly address: string;
	/** Id of the request. */
	readonly request?: string;
}

/** What a session goes on by. */
export interface LoggedIn {
	readonly user: Pick<UserRow, "id" | "name" | "role" | "projects">;
	readonly session: string;
	/** For each request, until `expiresAt`. */
	readonly access: string;
	/** For the next of both, once. */
	readonly refresh: string;
	/** What a page sends along with what changes something. */
	readonly csrf: string;
	/** Of `access`; milliseconds since the epoch. */
	readonly expiresAt: number;
	/** Of the session. */
	readonly endsAt: number;
}

/** Too many attempts were made. */
class LoginLimitedError extends WatchRabbitError {
	readonly againInMs: number;

	constructor(againInMs: number) {
		const minutes = Math.ceil(againInMs / 60_000);
		super("transient", "LOGIN_LIMITED", "too many attempts to log in were made", {
			fix: `Try again in ${minutes} minutes; an admin can set another password (watchrabbit users password).`,
		});
		this.againInMs = againInMs;
	}
}

export interface LoginsContext {
	readonly store: AccessStore;
	readonly tokens: AccessTokens;
	readonly clock: Clock;
	readonly report: Report;
	readonly sessionMs: number;
}

/** Sessions, from a login to a logout. */
export class Logins {
	readonly #context: LoginsContext;
	readonly #passwords = new PasswordCheck();

	constructor(context: LoginsContext) {
		this.#context = context;
	}

	/**
	 * The same words, after the same time, for whoever is not known, has another password, is disabled, or logs in elsewhere.
	 * @throws WatchRabbitError LOGIN_REFUSED (permanent), LOGIN_LIMITED, LOGIN_BUSY (transient)
	 */
	async login(name: string, password: string, visitor: Visitor): Promise<LoggedIn> {
		const { store, clock, report } = this.#context;
		const tried = { account: nameKey(name), network: networkOf(visitor.address) };
		this.#passwords.refuseWhenFull();
		const againInMs = await store.attempt(tried, limits, clock.now());
		if (againInMs > 0) throw new LoginLimitedError(againInMs);
		const user = await store.userNamed(name);
		const fits = await this.#passwords.fits(password, user?.password);
		if (user === undefined || !fits || user.disabledAt !== undefined) {
			// Where nobody has the name, it may be a password that was typed too early.
			report({ event: "login.refused", network: tried.network, ...(user !== undefined && { account: user.name }) });
			throw permanent("LOGIN_REFUSED", "the name or the password is wrong", {
				fix: "Try again; an admin can set another password (watchrabbit users password).",
			});
		}
		await store.succeeded(tried);
		return await this.begin(user, visitor);
	}

	/** For who has shown who he is. */
	async begin(user: UserRow, { address, request }: Visitor): Promise<LoggedIn> {
		const { store, clock, sessionMs } = this.#context;
		const [id, refresh, now] = [randomUUID(), newSecret(), clock.now()];
		const session = { id, user: user.id, expiresAt: now + sessionMs, refresh: secretHash(refresh), address };
		await store.beginSession(session, { actor: `user:${user.name}`, now, ...(request !== undefined && { request }) });
		return await this.#given({ id, user, expiresAt: session.expiresAt }, refresh);
	}

	/**
	 * @throws WatchRabbitError REFRESH_REPEATED (permanent) when the token was used within the last 10 seconds; SESSION_OVER
	 * (permanent): also when it was used before that, which ends the session
	 */
	async refresh(token: string): Promise<LoggedIn> {
		const { store, clock } = this.#context;
		const next = newSecret();
		const refreshed = await store.refresh(secretHash(token), secretHash(next), clock.now());
		if (refreshed.kind === "refreshed") return await this.#given(refreshed.session, next);
		if (refreshed.kind === "repeated") {
			throw permanent("REFRESH_REPEATED", "this refresh token was used a moment ago", {
				fix: "Go on with what was given for it then; who was not given it logs in again.",
			});
		}
		throw permanent("SESSION_OVER", "the login is over", { fix: "Log in again." });
	}

	/** By a refresh token, used or not. */
	sessionOf(token: string): Promise<SessionRow | undefined> {
		return this.#context.store.sessionOfRefresh(secretHash(token));
	}

	async logout(session: string, user: Pick<UserRow, "name">, { request }: Visitor): Promise<void> {
		const by = { actor: `user:${user.name}`, now: this.#context.clock.now() };
		await this.#context.store.endSession(session, { ...by, ...(request !== undefined && { request }) });
	}

	async #given(
		session: { readonly id: string; readonly user: UserRow; readonly expiresAt: number },
		refresh: string,
	): Promise<LoggedIn> {
		const { id, user, expiresAt: endsAt } = session;
		const { token, csrf, expiresAt } = await this.#context.tokens.issue(id, user.id);
		const { name, role, projects } = user;
		return {
			user: { id: user.id, name, role, projects },
			session: id,
			access: token,
			refresh,
			csrf,
			expiresAt,
			endsAt,
		};
	}
}
