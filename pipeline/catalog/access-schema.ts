/** Tables of who may do what, and who did. Part of `schema.ts`, and by its rules. */
export interface AccessSchema {
	audit: AuditTable;
	users: UsersTable;
	api_keys: ApiKeysTable;
	sessions: SessionsTable;
	refresh_tokens: RefreshTokensTable;
	signing_keys: SigningKeysTable;
	login_attempts: LoginAttemptsTable;
}

/** Never updated, never deleted from: triggers refuse it. */
export interface AuditTable {
	/** 1, 2, 3, ...: not of the sequence of turns, so that a gap is seen. */
	seq: number;
	at: number;
	actor: string;
	action: string;
	target: string;
	why: string | null;
	/** JSON. */
	detail: string | null;
	request: string | null;
	/** The hash before; empty for the first. */
	previous: string;
	hash: string;
}

/** Lists and maps are JSON; null where a comment does not say otherwise: undefined. */
export interface UsersTable {
	id: string;
	name: string;
	/** By which a name is looked up: upper and lower case do not count. */
	name_key: string;
	role: string;
	/** Null: all. */
	projects: string | null;
	password: string | null;
	subject: string | null;
	created_at: number;
	disabled_at: number | null;
}

export interface ApiKeysTable {
	id: string;
	name: string;
	hash: string;
	role: string;
	/** Null: all. */
	projects: string | null;
	/** Null: all that its role allows. */
	permissions: string | null;
	created_at: number;
	expires_at: number | null;
	used_at: number | null;
	revoked_at: number | null;
}

export interface SessionsTable {
	id: string;
	user: string;
	created_at: number;
	expires_at: number;
	ended_at: number | null;
}

/** Also those that were used, until their session is over: one that comes again is known by that. */
export interface RefreshTokensTable {
	hash: string;
	session: string;
	used_at: number | null;
}

export interface SigningKeysTable {
	kid: string;
	public_key: string;
	private_key: string;
	created_at: number;
}

export interface LoginAttemptsTable {
	/** Hash of who tries: an account, or an address. */
	subject: string;
	attempts: number;
	/** Of the first one that counts. */
	since: number;
}
