import type { AccessRole, Permission } from "#domain/access.ts";

/** Who changes something, and when: every change is in the audit log with it. */
export interface Doer {
	/** As `AuditEntry.actor`. */
	readonly actor: string;
	readonly now: number;
	readonly why?: string;
	/** Id of the request that asked for it. */
	readonly request?: string;
}

/** What somebody may do, and in which projects. */
export interface Grant {
	readonly role: AccessRole;
	readonly projects: readonly string[] | "all";
}

export interface UserRow extends Grant {
	readonly id: string;
	readonly name: string;
	/** As a PHC string; undefined: he logs in elsewhere. */
	readonly password: string | undefined;
	/** Who he is where he logs in elsewhere: issuer and subject. */
	readonly subject: string | undefined;
	readonly createdAt: number;
	readonly disabledAt: number | undefined;
}

export interface NewUser extends Grant {
	readonly name: string;
	readonly password?: string;
}

export interface UserChange extends Partial<Grant> {
	readonly password?: string;
	readonly disabled?: boolean;
}

export interface KeyRow extends Grant {
	/** What the key begins with, which is no secret: `wr_3f9c2a7d`. */
	readonly id: string;
	readonly name: string;
	/** Of what is secret of it. */
	readonly hash: string;
	/** What it allows of that which its role does; undefined: all of it. */
	readonly permissions: readonly Permission[] | undefined;
	readonly createdAt: number;
	readonly expiresAt: number | undefined;
	readonly usedAt: number | undefined;
	readonly revokedAt: number | undefined;
}

export type NewKey = Omit<KeyRow, "createdAt" | "usedAt" | "revokedAt">;

/** From a login to its end; its refresh tokens follow one another, of which each is good for one use. */
export interface SessionRow {
	readonly id: string;
	readonly user: UserRow;
	readonly expiresAt: number;
	readonly endedAt: number | undefined;
}

export type Refreshed =
	| { readonly kind: "refreshed"; readonly session: SessionRow }
	/** It was used a moment ago: by another tab, or by who asked again without having been answered. Nothing was changed. */
	| { readonly kind: "repeated"; readonly session: SessionRow }
	/** It was used before that: one of two who have it has stolen it, and the session is ended. */
	| { readonly kind: "reused"; readonly session: SessionRow }
	/** Nobody was given it, its session is over, or its user disabled. */
	| { readonly kind: "over" };

export interface SigningKeyRow {
	readonly kid: string;
	/** JSON Web Keys as JSON; the private one may be sealed. */
	readonly publicKey: string;
	readonly privateKey: string;
	readonly createdAt: number;
}

/** Who tries to log in. */
export interface LoginAttempt {
	/** As `nameKey` folds a name, whether or not anybody has it. */
	readonly account: string;
	/** As `networkOf` says. */
	readonly network: string;
}

/** How many attempts may be made within a time. */
export interface AttemptLimits {
	readonly withinMs: number;
	/** On an account from one network. */
	readonly accountFromNetwork: number;
	/** On an account from wherever: much more, as who guesses is not to keep out who knows. */
	readonly account: number;
	/** From one network, on whatever accounts. */
	readonly network: number;
}

/** Users, keys, sessions: what of them is secret is here as a hash, and every change is in the audit log. */
export interface AccessStore {
	/** Whether anybody can say who he is: a user who is not disabled, or a key that is good. */
	anybody(now: number): Promise<boolean>;

	/** In the order of their names. */
	users(): Promise<readonly UserRow[]>;
	/** Upper and lower case do not count; what can be no name is nobody's. */
	userNamed(name: string): Promise<UserRow | undefined>;
	/** @throws WatchRabbitError USER_EXISTS (permanent) */
	addUser(user: NewUser, by: Doer): Promise<UserRow>;
	/**
	 * A changed password, and being disabled, end his sessions; a changed password, and being enabled, let him try again.
	 * @throws WatchRabbitError USER_UNKNOWN, USER_ELSEWHERE: where he logs in says his role (permanent)
	 */
	changeUser(name: string, change: UserChange, by: Doer): Promise<UserRow>;
	/**
	 * Who was made known by another house, as he is there now: made if he is new.
	 * @throws WatchRabbitError USER_EXISTS (permanent) when his name is that of somebody else
	 */
	knownElsewhere(subject: string, user: Omit<NewUser, "password">, by: Doer): Promise<UserRow>;

	/** Newest first. */
	keys(): Promise<readonly KeyRow[]>;
	key(id: string): Promise<KeyRow | undefined>;
	addKey(key: NewKey, by: Doer): Promise<void>;
	/** Again is no error. @throws WatchRabbitError KEY_UNKNOWN (permanent) */
	revokeKey(id: string, by: Doer): Promise<void>;
	/** Noted, and no more: it is not in the audit log. */
	keyUsed(id: string, now: number): Promise<void>;

	/** `refresh`: hash of its first refresh token; `address`: where it was begun from. */
	beginSession(
		session: { id: string; user: string; expiresAt: number; refresh: string; address: string },
		by: Doer,
	): Promise<void>;
	session(id: string): Promise<SessionRow | undefined>;
	/** Whose refresh token this was, by its hash, used or not. */
	sessionOfRefresh(hash: string): Promise<SessionRow | undefined>;
	/** Takes a refresh token for the next one, by their hashes. */
	refresh(hash: string, next: string, now: number): Promise<Refreshed>;
	/** Again is no error. */
	endSession(id: string, by: Doer): Promise<void>;

	/** Newest first. */
	signingKeys(): Promise<readonly SigningKeyRow[]>;
	/**
	 * Unless somebody was faster: then there is one not older than `notBefore`. What is older than `forget` is removed. Gives
	 * all, newest first.
	 */
	addSigningKey(key: SigningKeyRow, notBefore: number, forget: number): Promise<readonly SigningKeyRow[]>;

	/**
	 * Counts an attempt before it is made, so that many at once are counted too. Gives for how long it may not be made: 0, if
	 * it may. One that may not counts for nobody. That a limit was reached is in the audit log.
	 */
	attempt(tried: LoginAttempt, limits: AttemptLimits, now: number): Promise<number>;
	/** It was a right one: it does not count, nor does what was tried before on this account from there. */
	succeeded(tried: LoginAttempt): Promise<void>;
}
