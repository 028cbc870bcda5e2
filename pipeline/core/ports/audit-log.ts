import type { Page } from "./catalog-rows.ts";

/** Who did what to what: written with what it tells of, and never changed. */
export interface AuditEntry {
	/** `user:anna`, `key:wr_3f9c2a`, `cli:anna@host`, `anonymous`. */
	readonly actor: string;
	/** What happened, as `user.added`, `job.replayed`. */
	readonly action: string;
	/** `user:anna`, `job:3f2a…`, `file:plates/a/b.csv`: a kind, and which one. */
	readonly target: string;
	/** As the actor said it. */
	readonly why?: string;
	/** What else belongs to it; no secrets: the log is kept for ever. */
	readonly detail?: Readonly<Record<string, unknown>>;
	/** Id of the request that asked for it. */
	readonly request?: string;
}

export interface AuditRow extends AuditEntry {
	/** 1, 2, 3, ... without gaps. */
	readonly seq: number;
	readonly at: number;
	/** SHA-256 of the entry and of the hash before it. */
	readonly hash: string;
}

/** The last entry. Kept elsewhere it proves later that nothing up to it was changed or cut off. */
export type AuditHead = Pick<AuditRow, "seq" | "hash">;

export interface AuditRequest {
	readonly limit: number;
	/** Of the page before. */
	readonly cursor?: string;
	/** Newest first unless `asc`. */
	readonly order?: "asc" | "desc";
	readonly filter: AuditFilter;
}

export interface AuditFilter {
	readonly actor?: string;
	readonly action?: string;
	readonly target?: string;
	/** `since` is within, `until` is not. */
	readonly since?: number;
	readonly until?: number;
}

/** What is wrong with the chain at an entry. */
export interface AuditFlaw {
	readonly seq: number;
	/**
	 * changed: it is not what its hash says; replaced: it is, but it is not what the next one follows (or the anchor names);
	 * missing: it is not there; inserted: before the first one.
	 */
	readonly kind: "changed" | "replaced" | "missing" | "inserted";
	readonly detail: string;
}

/**
 * Append-only, each entry bound to the one before by its hash: whoever changes, removes or inserts one has to write all
 * that follow anew. Who may write the database can do that, and can cut off the end without a trace: what holds against
 * him is a head that was kept elsewhere (`watchrabbit audit head`), against which `verify` holds the chain.
 */
export interface AuditLog {
	/** For what changes nothing else in the catalog. */
	append(entry: AuditEntry, now: number): Promise<void>;
	/** @throws WatchRabbitError CURSOR_INVALID */
	page(request: AuditRequest): Promise<Page<AuditRow>>;
	/** Undefined while nothing was written. */
	head(): Promise<AuditHead | undefined>;
	/** In their order; none: the chain is whole, and holds the anchor. */
	verify(anchor?: AuditHead): AsyncIterable<AuditFlaw>;
}
