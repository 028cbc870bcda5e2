/** Tables of what people asked for, and of what they hold back. Part of `schema.ts`, and by its rules. */
export interface OperationsSchema {
	operations: OperationsTable;
	pauses: PausesTable;
}

export interface OperationsTable {
	id: string;
	seq: number;
	kind: string;
	target_type: string;
	target_name: string;
	target_path: string | null;
	source: string | null;
	pipeline: string | null;
	state: string;
	done: number;
	total: number;
	message: string;
	requested_by: string;
	why: string | null;
	/** JSON. */
	error: string | null;
	/** Unique for each requester. */
	key: string | null;
	/** Of a replay, the one that runs. */
	job: string | null;
	/** 1: it was so before it was asked for. */
	already: number;
	requested_at: number;
	started_at: number | null;
	ended_at: number | null;
}

export interface PausesTable {
	type: string;
	name: string;
	/** Of a file; else empty. */
	path: string;
	path_hash: string;
	since: number;
	requested_by: string;
	why: string | null;
	/** By which it began. */
	operation: string;
	/** Over by itself then, unless it is kept; null: never. */
	until: number | null;
}
