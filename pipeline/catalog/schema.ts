import type { AccessSchema } from "./access-schema.ts";
import type { OperationsSchema } from "./operations-schema.ts";
import type { RoomsSchema } from "./rooms-schema.ts";

/**
 * The tables. Portable: ids, JSON and enumerations are text, times and sizes `bigint` (numbers here: a dialect whose
 * driver gives 64-bit integers as text parses them), flags are a null or a value.
 *
 * Where a column holds a path or another name given from outside, it is encoded by `name-column.ts`, and what is looked
 * up or unique by it is its hash beside it: names are longer than what a B-tree takes.
 */
export interface Schema extends RoomsSchema, AccessSchema, OperationsSchema {
	writer: WriterTable;
	offsets: OffsetsTable;
	arrivals: ArrivalsTable;
	acquisitions: AcquisitionsTable;
	acquisition_members: MembersTable;
	acquisition_jobs: LinksTable;
	jobs: JobsTable;
	attempts: AttemptsTable;
	history: HistoryTable;
	asides: AsidesTable;
	results: ResultsTable;
	artifacts: ArtifactsTable;
	measurements: MeasurementsTable;
	outcomes: OutcomesTable;
	outbox: OutboxTable;
	strays: StraysTable;
	leases: LeasesTable;
}

/** One row: the number of the last transaction (`turns.ts`). */
export interface WriterTable {
	id: number;
	turn: number;
}

export interface OffsetsTable {
	log: string;
	/** Of the last event taken in; -1: none of the log that it is now. */
	position: number;
	mark: string | null;
	/** How often it was read from its first event. */
	begun: number;
}

/** Event ids that were taken, so that reading them again changes nothing. */
export interface ArrivalsTable {
	event: string;
	acquisition: string;
	/** JSON: pipelines that come for it later. Null: none does. */
	awaits: string | null;
}

export interface AcquisitionsTable {
	id: string;
	source: string;
	key: string;
	key_hash: string;
	kind: string;
	version: number;
	superseded_by: string | null;
	captures: string;
	/** What it is found by, in words (search-words.ts) with spaces between; by these through an index of the database's kind. */
	words: string;
	incomplete: string | null;
	root: string;
	bytes: number;
	digest: string;
	acquired_at: number;
	settled_at: number;
	created_at: number;
	note: string | null;
	/** JSON. */
	standing: string | null;
	/** Since when its files may be removed at their source; null: they may not. */
	safe_at: number | null;
	traceparent: string;
}

export interface MembersTable {
	acquisition: string;
	position: number;
	path: string;
	path_hash: string;
	size: number;
	sha256: string;
	mtime_ns: string;
	ctime_ns: string;
	inode: string;
}

/** Acquisitions and the jobs that are for them; `seq` orders the links of a job: the first is what it was made for. */
export interface LinksTable {
	acquisition: string;
	job: string;
	/** The job's. */
	pipeline: string;
	seq: number;
}

export interface JobsTable {
	id: string;
	pipeline: string;
	source: string;
	pool: string;
	state: string;
	priority: number;
	attempts_used: number;
	attempts_allowed: number;
	/** Leases in a row that were over before the attempt had ended, and after its run had begun. */
	losses: number;
	backoff_ms: number;
	max_backoff_ms: number;
	/** When it moves by itself: the end of the lease while it runs, the next attempt while it waits, else null. */
	wake_at: number | null;
	acquisition: string;
	analysis_file: string;
	analysis_digest: string;
	params: string;
	/** Of equal parameters the same. */
	params_hash: string;
	timeout_ms: number;
	lease_owner: string | null;
	token: number;
	result: string | null;
	cause: string | null;
	/** JSON, with the token of the attempt that said it. */
	progress: string | null;
	/** 1 until it ends, if the objective of results counts it then; else 0. */
	promised: number;
	created_at: number;
	/** When it came into its state. */
	updated_at: number;
	traceparent: string;
}

export interface AttemptsTable {
	job: string;
	token: number;
	/** Links of the job above it came after the claim. */
	seq: number;
	number: number;
	worker: string;
	/** When it was claimed. */
	started_at: number;
	/** When its analysis began. */
	began_at: number | null;
	ended_at: number | null;
	outcome: string | null;
	cause: string | null;
	log: string | null;
	seconds: number | null;
	/** JSON; null until it ended, where R never began, and where it completed: then the manifest says it. */
	run: string | null;
}

export interface HistoryTable {
	seq: number;
	at: number;
	entity: string;
	what: string;
	detail: string;
}

/** What was done beside the turns (`beside.ts`), until the next one tells it. */
export type AsidesTable = Omit<HistoryTable, "seq">;

export interface ResultsTable {
	id: string;
	job: string;
	pipeline: string;
	source: string;
	acquisition: string;
	state: string;
	superseded_by: string | null;
	/** Of its job. */
	params_hash: string;
	tables: string;
	seconds: number;
	completed_at: number;
	manifest_key: string;
	manifest_sha256: string;
	token: number;
}

export interface ArtifactsTable {
	result: string;
	position: number;
	name: string;
	media_type: string;
	size: number;
	sha256: string;
}

/** `value` where it is finite; else `text`: "NaN", "Inf", "-Inf"; both null: NA. */
export interface MeasurementsTable {
	result: string;
	position: number;
	name: string;
	value: number | null;
	text: string | null;
	unit: string;
	lower: number | null;
	upper: number | null;
}

export interface OutcomesTable {
	seq: number;
	at: number;
	acquisition: string;
	kind: string;
	detail: string;
	again_at: number | null;
}

export interface OutboxTable {
	seq: number;
	pool: string;
	job: string;
	priority: number;
	traceparent: string;
}

/** Attempts that came to no result, and whose objects may still be in the store. */
export interface StraysTable {
	seq: number;
	job: string;
	token: number;
}

export interface LeasesTable {
	name: string;
	/** Null when it was given back; the row stays, so that tokens grow for ever. */
	owner: string | null;
	token: number;
	until: number;
}
