import type { Member } from "#domain/acquisition.ts";
import type { AttemptCause, AttemptOutcome, AttemptRun, JobState, Progress } from "#domain/job.ts";
import type { PathString } from "#domain/path.ts";
import type { Artifact, Measurement, Table } from "#domain/result.ts";

/** Rows are the API's resources: times are milliseconds since the epoch here and ISO 8601 at the edge. */

export interface PageRequest {
	readonly limit: number;
	/** Opaque; from an earlier page. */
	readonly cursor?: string;
	/** By what; the resource's own time (createdAt, completedAt) unless another column of it is named that can be. */
	readonly sort?: string;
	/** Newest or largest first unless `asc`. */
	readonly order?: "asc" | "desc";
	readonly filter: Filter;
}

/** All pages, from the first on. */
export type WholeRequest = Omit<PageRequest, "limit" | "cursor">;

/** What is listed in pages. */
export interface Listed {
	readonly acquisitions: AcquisitionRow;
	readonly takenFiles: TakenFileRow;
	readonly jobs: JobRow;
	readonly results: ResultRow;
	readonly measurements: MeasurementRow;
	readonly artifacts: ArtifactRow;
}

export type Counting = "exact" | "estimated";

export interface RowCount {
	readonly count: number;
	/** `about`: as the database expects. `at least`: so many were counted, and there are more. */
	readonly is: "exact" | "about" | "at least";
}

/** One value, or any of several. */
export type OneOf = string | readonly string[];

/** Each resource takes the filters that name one of its columns; others are refused by the API before. */
export interface Filter {
	readonly id?: string;
	/** Any of several jobs, or results. */
	readonly ids?: readonly string[];
	readonly source?: OneOf;
	readonly pipeline?: OneOf;
	readonly pool?: OneOf;
	readonly state?: OneOf;
	readonly acquisition?: string;
	readonly job?: string;
	readonly result?: string;
	/** Any of several that it may belong to. */
	readonly results?: readonly string[];
	/** Exact key of an acquisition. */
	readonly key?: PathString;
	readonly name?: string;
	readonly digest?: string;
	/** On the resource's own time (createdAt, completedAt): milliseconds since the epoch. */
	readonly since?: number;
	readonly until?: number;
	/** Of the acquisition that it is, or was made for: when its last file changed, and when it was found complete. */
	readonly acquiredSince?: number;
	readonly acquiredUntil?: number;
	readonly settledSince?: number;
	readonly settledUntil?: number;
	/** The own time by its name: of acquisitions and jobs, and of what belongs to a result. */
	readonly createdSince?: number;
	readonly createdUntil?: number;
	readonly completedSince?: number;
	readonly completedUntil?: number;
	/**
	 * Held against the key of its acquisition, and against what follows any "/" in it; of artifacts against the name. `*` is
	 * any characters, also "/", `?` is one. Found by the whole words in it; without one every name is looked at.
	 */
	readonly nameGlob?: string;
	/** Parameters with which it was analysed: each of these with this value, whatever the others. */
	readonly params?: Readonly<Record<string, unknown>>;
	/** What the names of its files say of it (plate, sample): each of these. */
	readonly captures?: Readonly<Record<string, string>>;
	/** Results: those that have each of these. Measurements: the first of them. */
	readonly measured?: readonly MeasuredRange[];
	/**
	 * Words, all of which are among those of its acquisition's key and captures, capital or small; the last may be the
	 * beginning of one. Of jobs those as well whose cause has all of them in it.
	 */
	readonly text?: string;
}

/** A measurement by its name, and from where to where its value is, both ends included. */
export interface MeasuredRange {
	readonly name: string;
	readonly min?: number;
	readonly max?: number;
}

export interface Page<T> {
	readonly items: readonly T[];
	/** Absent on the last page. */
	readonly next?: string;
}

/** A file as it was taken in last: what the catalog can say of files that another host watches. */
export interface TakenFileRow {
	readonly id: string;
	readonly source: string;
	readonly path: PathString;
	readonly kind: "file" | "member";
	readonly state: "settled" | "analysed";
	readonly size: number;
	readonly sha256: string;
	readonly takenAt: number;
	readonly acquiredAt: number;
}

export interface AcquisitionRow {
	readonly id: string;
	readonly source: string;
	readonly key: PathString;
	readonly kind: "file" | "folder" | "group" | "batch";
	/** 1 for the first content of its key. */
	readonly version: number;
	readonly supersededBy: string | undefined;
	readonly members: readonly Member[];
	readonly captures: Readonly<Record<string, string>>;
	readonly incomplete: string | undefined;
	readonly root: PathString;
	readonly bytes: number;
	readonly digest: string;
	readonly acquiredAt: number;
	readonly settledAt: number;
	readonly createdAt: number;
	readonly note: string | undefined;
	/** Its files may be removed at their source: what was made of them was read back. Until it is superseded. */
	readonly safeToDeleteSince: number | undefined;
	readonly traceparent: string;
}

export interface JobRow {
	readonly id: string;
	readonly pipeline: string;
	readonly source: string;
	readonly pool: string;
	readonly state: JobState;
	readonly priority: number;
	/** Attempts that count against the limit, of how many. */
	readonly attemptsUsed: number;
	readonly attemptsAllowed: number;
	/** When it is tried again, if it waits. */
	readonly runAfter: number | undefined;
	/** The acquisition that it was made for. */
	readonly acquisition: string;
	readonly analysisFile: string;
	readonly analysisDigest: string;
	readonly params: Readonly<Record<string, unknown>>;
	readonly leaseOwner: string | undefined;
	readonly leaseUntil: number | undefined;
	readonly token: number;
	/** Its current result. */
	readonly result: string | undefined;
	/** Of the last attempt that did not complete. */
	readonly cause: AttemptCause | undefined;
	/** Of the attempt that runs, if it said so. */
	readonly progress: Progress | undefined;
	readonly createdAt: number;
	readonly updatedAt: number;
	readonly traceparent: string;
}

export interface AttemptRow {
	readonly job: string;
	readonly token: number;
	readonly number: number;
	readonly worker: string;
	/** When it was claimed. */
	readonly startedAt: number;
	/** When its analysis began. */
	readonly beganAt: number | undefined;
	readonly endedAt: number | undefined;
	readonly outcome: AttemptOutcome | undefined;
	readonly cause: AttemptCause | undefined;
	readonly log: string | undefined;
	readonly seconds: number | undefined;
	readonly run: AttemptRun | undefined;
}

export interface HistoryRow {
	readonly seq: number;
	readonly at: number;
	/** Id of a job, an acquisition or a result. */
	readonly entity: string;
	readonly what: string;
	readonly detail: string;
}

export interface ResultRow {
	readonly id: string;
	readonly job: string;
	readonly pipeline: string;
	readonly source: string;
	readonly state: "current" | "superseded";
	readonly supersededBy: string | undefined;
	readonly acquisition: {
		readonly id: string;
		readonly key: PathString;
		readonly members: readonly { readonly path: PathString; readonly size: number; readonly sha256: string }[];
	};
	readonly measurements: readonly Measurement[];
	readonly tables: readonly Table[];
	readonly artifacts: readonly Artifact[];
	readonly seconds: number;
	readonly completedAt: number;
	readonly manifestKey: string;
	readonly manifestSha256: string;
	readonly token: number;
	/** Of its job. */
	readonly traceparent: string;
}

export interface MeasurementRow extends Measurement {
	readonly result: string;
	readonly pipeline: string;
	readonly source: string;
	readonly key: PathString;
	/** Of its acquisition. */
	readonly captures: Readonly<Record<string, string>>;
	readonly acquiredAt: number;
	readonly completedAt: number;
}

export interface ArtifactRow extends Artifact {
	readonly result: string;
	readonly pipeline: string;
	readonly source: string;
	readonly objectKey: string;
	readonly completedAt: number;
}

/** What waits in a room is an acquisition. */
export interface WaitingRow {
	/** Which part of its group it is. */
	readonly id: string;
	readonly acquisition: { readonly key: PathString; readonly members: readonly Member[] };
	readonly since: number;
	readonly dueAt: number;
	/** It went on, and stays known for those that come late. */
	readonly passed: boolean;
}
