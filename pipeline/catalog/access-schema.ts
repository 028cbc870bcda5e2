/** Tables of who may do what, and who did. Part of `schema.ts`, and by its rules. */
export interface AccessSchema {
	audit: AuditTable;
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
