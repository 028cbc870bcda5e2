import type { Scope } from "#domain/access.ts";
import type { JobState } from "#domain/job.ts";
import type { PathString } from "#domain/path.ts";
import type {
	AcquisitionRow,
	ArtifactRow,
	AttemptRow,
	Counting,
	Filter,
	HistoryRow,
	JobRow,
	Listed,
	MeasurementRow,
	Page,
	PageRequest,
	ResultRow,
	RowCount,
	TakenFileRow,
	WaitingRow,
	WholeRequest,
} from "./catalog-rows.ts";

/** What `list`, `show`, `why`, `verify` and the API read. */
export interface ReadCatalog {
	/** The same, as far as the scope shows it: no method tells of anything else. A reader within it sees what both show. */
	within(scope: Scope): ReadCatalog;
	acquisitions(request: PageRequest): Promise<Page<AcquisitionRow>>;
	/** Takes the filters `source` and `state`. */
	takenFiles(request: PageRequest): Promise<Page<TakenFileRow>>;
	jobs(request: PageRequest): Promise<Page<JobRow>>;
	results(request: PageRequest): Promise<Page<ResultRow>>;
	measurements(request: PageRequest): Promise<Page<MeasurementRow>>;
	artifacts(request: PageRequest): Promise<Page<ArtifactRow>>;
	/**
	 * All rows of a list in its order, for exports: a thousand at a time, between which nothing is held; what arrives
	 * meanwhile is in it if its place comes later.
	 */
	each<Name extends keyof Listed>(list: Name, request: WholeRequest): AsyncIterable<readonly Listed[Name][]>;
	/** Exact takes as long as there are rows; estimated is exact up to 10,000, and quick. */
	count(list: keyof Listed, filter: Filter, how: Counting): Promise<RowCount>;
	acquisition(id: string): Promise<AcquisitionRow | undefined>;
	job(
		id: string,
	): Promise<
		(JobRow & { readonly attempts: readonly AttemptRow[]; readonly history: readonly HistoryRow[] }) | undefined
	>;
	result(id: string): Promise<ResultRow | undefined>;
	/** Every acquisition that has the path among its members, newest version first. */
	acquisitionsOf(source: string, path: PathString): Promise<readonly AcquisitionRow[]>;
	/** Who waits in a room under a key, or went on from there and stays known, in order of arrival. */
	waiting(room: string, key: string): Promise<readonly WaitingRow[]>;
	/** Jobs that an acquisition is linked to, made for it or found. */
	jobsOf(acquisitionId: string): Promise<readonly JobRow[]>;
	history(entity: string): Promise<readonly HistoryRow[]>;
	/** The leases whose names begin so, as they were given last, also those that are over or given back. */
	leasesGiven(prefix: string, now: number): Promise<ReadonlyMap<string, GivenLease>>;
	countJobs(): Promise<Readonly<Record<JobState, number>>>;
	/** Jobs that are not in a final state, those of a pipeline, pool and state together. */
	countUnfinished(): Promise<readonly UnfinishedJobs[]>;
	/**
	 * Jobs that are not in a final state, acquisitions waiting in rooms, outbox rows, strays: 0 of all means idle. Jobs and
	 * outbox rows of some pools may be left out.
	 */
	pending(exceptPools?: readonly string[]): Promise<{
		readonly jobs: number;
		readonly waiting: number;
		readonly outbox: number;
		readonly strays: number;
	}>;
}

export interface UnfinishedJobs {
	readonly pipeline: string;
	readonly pool: string;
	readonly state: JobState;
	readonly count: number;
	/** When the first of them came into that state. */
	readonly since: number;
}

export interface GivenLease {
	readonly token: number;
	/** Who holds it; undefined: nobody does now. */
	readonly holder: string | undefined;
}

/** For those who tell others. */
export interface FeedCatalog {
	/**
	 * What was told in the histories above a sequence, in order: nothing is ever told below what was read before. Of
	 * attempts without a fruit it may be forgotten by then.
	 */
	feed(after: number, max: number): Promise<readonly HistoryRow[]>;
	feedBounds(): Promise<FeedBounds>;
	/** Where acquisitions are from. */
	origins(acquisitions: readonly string[]): Promise<ReadonlyMap<string, Origin>>;
}

export interface FeedBounds {
	/** The last sequence that there is; 0: none yet. */
	readonly last: number;
	/** Of what was told below this some was forgotten. */
	readonly forgotten: number;
}

export interface Origin {
	readonly source: string;
	readonly key: PathString;
	/** Those that have jobs for it. */
	readonly pipelines: readonly string[];
	readonly traceparent: string;
}
