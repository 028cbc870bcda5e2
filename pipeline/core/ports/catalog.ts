import type { Acquisition, FileSettled, Member } from "#domain/acquisition.ts";
import type { PathString } from "#domain/path.ts";
import type { RetrySettings } from "#domain/settings.ts";
import type { AccessStore } from "./access-store.ts";
import type { AuditLog } from "./audit-log.ts";
import type { DispatchCatalog } from "./dispatch-catalog.ts";
import type { LogOffset, LogPosition } from "./event-log.ts";
import type { OperationsCatalog } from "./operations.ts";
import type { FeedCatalog, ReadCatalog } from "./read-catalog.ts";
import type { WaitingRoom } from "./waiting-room.ts";
import type { WorkCatalog } from "./work-catalog.ts";

export type * from "./dispatch-catalog.ts";
export type * from "./read-catalog.ts";
export type * from "./work-catalog.ts";

/** All times are milliseconds since the epoch and come from the caller's clock. */
export interface Catalog
	extends IntakeCatalog,
		DispatchCatalog,
		WorkCatalog,
		EdgeCatalog,
		RetentionCatalog,
		ReadCatalog,
		FeedCatalog,
		LeaseCatalog {
	/** In the same database, and written in the same transactions. */
	readonly audit: AuditLog;
	readonly access: AccessStore;
	/** As well. */
	readonly operations: OperationsCatalog;
	close(): Promise<void>;
}

/** `flow`: acquisitions become jobs. */
export interface IntakeCatalog {
	/** The last committed offset of a log's consumer. */
	offset(log: string): Promise<LogOffset | undefined>;
	/** The same, by which the log is known again; undefined when none of it was taken in yet. */
	position(log: string): Promise<LogPosition | undefined>;
	/**
	 * Told by who is to read a log from its first event, before he does: the first time, and when it is another one than
	 * before, in which what was published may be missing. Nothing of it counts as taken in; the edges hear of it by
	 * `logsBegun`. LEASE_LOST as at `commitIntake`.
	 */
	beginLog(log: string, now: number, lease?: Lease): Promise<void>;
	/**
	 * One transaction: acquisitions, their jobs, the outbox rows that announce them, the offset.
	 *
	 * - An acquisition with the content and the member names of its key's current version is that version (a second event
	 *   of the same thing). Anything else is a new version: it supersedes the older one, whose jobs that have not begun,
	 *   wait, or are dead, become `superseded` unless another current acquisition needs them.
	 * - A job that exists (same identity) is not made again: the acquisition is linked to it, and its history says so.
	 *   One that was superseded is queued again; one that waits because R said "not ready" is due at once. So is one that is
	 *   dead because its input was missing: here it is. Other dead ones, completed and cancelled ones stay, and the
	 *   acquisition has its outcome right away.
	 * - The offset never goes back.
	 */
	commitIntake(intake: Intake): Promise<IntakeReport>;
	room<T>(name: string): WaitingRoom<T>;
	/** The wall clock was stepped by `byMs`: what waits in the rooms is due that much later or earlier, and waits as long as before. */
	shift(byMs: number): Promise<void>;
	/**
	 * The acquisitions of these events wait no more, and their histories say why. Of a group of their source: no pipeline
	 * takes them, and the edge hears of it. Of a group of one pipeline: they are still there for others. An event that
	 * is not known is left out, and one that was told so before is not told again: false, if that is so of all of them.
	 */
	reject(rejection: Rejection): Promise<boolean>;
}

export interface Rejection {
	readonly events: readonly string[];
	readonly reason: string;
	/** The one whose group it was; undefined: their source's. */
	readonly pipeline?: string;
	readonly now: number;
}

export interface Intake {
	readonly log: string;
	/** Undefined when what is committed does not come from the log (a group whose time was over). */
	readonly offset: LogOffset | undefined;
	/** Goes with the offset. */
	readonly mark?: string;
	readonly now: number;
	readonly arrivals: readonly Arrival[];
	/** What this is committed under; LEASE_LOST, and nothing is committed, if somebody else was given it since. */
	readonly lease?: Lease;
}

export interface Lease {
	readonly name: string;
	/** The fencing token. */
	readonly token: number;
}

export interface Arrival {
	/**
	 * An event id that the catalog has seen before is the same arrival, read again: it changes nothing but that a pipeline
	 * which it had no plan for gets its job, of that same version.
	 */
	readonly event: Pick<FileSettled, "id" | "root" | "traceparent" | "standing">;
	readonly acquisition: Acquisition;
	/** One a pipeline that takes it. */
	readonly plans: readonly JobPlan[];
	/** Taken by no pipeline, or not for analysis: in plain words, for `why`. */
	readonly note?: string;
	/** It went on into a room (a group, a batch) or through stages of a pipeline: having no plan is not its outcome. */
	readonly waits?: true;
	/** Pipelines that come for it later, under the same event, unless their stages drop it. */
	readonly awaits?: readonly string[];
	/** Members of a room that went into it: they depart in the same transaction. */
	readonly departs?: Departure;
	/** Rooms in which it waits whole, under its event's id and due at once: it enters them in the same transaction. */
	readonly enters?: readonly string[];
}

export interface Departure {
	readonly room: string;
	readonly key: string;
	readonly ids: readonly string[];
}

export interface JobPlan {
	readonly id: string;
	readonly pipeline: string;
	readonly pool: string;
	readonly priority: number;
	readonly analysisFile: string;
	readonly analysisDigest: string;
	readonly params: Readonly<Record<string, unknown>>;
	readonly timeoutMs: number;
	readonly retry: RetrySettings;
}

export interface IntakeReport {
	readonly acquisitions: readonly { readonly id: string; readonly version: number; readonly fresh: boolean }[];
	readonly jobsCreated: number;
	readonly jobsLinked: number;
}

/** `watch`: what became of acquisitions, so that the ledger can say `analysed` and go back to settling. */
export interface EdgeCatalog {
	/** Outcomes with a sequence above `after`, in order. */
	outcomes(after: number, max: number): Promise<readonly AcquisitionOutcome[]>;
	/** The last sequence of an outcome; 0 without one. */
	lastOutcome(): Promise<number>;
	/**
	 * How often each log was read from its first event, of those that were. When the number grows, what an edge had published
	 * into it may be lost, but for that of which it knows the outcome.
	 */
	logsBegun(): Promise<ReadonlyMap<string, number>>;
	/** The last committed offset of a log's consumer. */
	offset(log: string): Promise<LogOffset | undefined>;
	/** Of these events those that were taken in. */
	arrived(events: readonly string[]): Promise<ReadonlySet<string>>;
	/** Units (files and folders) of a source that were taken in, in their current version, by their keys: for who takes a share over. */
	known(source: string, keys: readonly PathString[]): Promise<ReadonlyMap<PathString, KnownUnit>>;
	/** Whether anything of a source was ever taken in. */
	isKnown(source: string): Promise<boolean>;
	/** The earliest change time of what was taken in of a source, of files written before a time; milliseconds since the epoch. */
	firstTaken(source: string, before?: number): Promise<number | undefined>;
}

export interface KnownUnit {
	readonly acquisition: string;
	readonly members: readonly [Member, ...Member[]];
	/** Below what it was seen: who is to read it looks there. */
	readonly root: PathString;
	/** The result that there is of it, alone or in a group. */
	readonly analysed?: string;
}

/** What grows although no file comes is bounded. */
export interface RetentionCatalog extends Pick<IntakeCatalog, "offset"> {
	/** Outcomes told before a time, the oldest first, so many at most: who asks for them heard of them long ago. Gives how many. */
	forgetOutcomes(before: number, max: number): Promise<number>;
	/** Operations that were over before a time, so many at most: the audit log keeps what was done. Gives how many. */
	forgetOperations(before: number, max: number): Promise<number>;
}

export interface AcquisitionOutcome {
	readonly seq: number;
	readonly at: number;
	readonly acquisition: Acquisition & { readonly id: string };
	/**
	 * `linked`: the content had been analysed before; `changed`: it was another when it was to be read; `unwanted`: no
	 * pipeline takes it; `rejected`: its group is incomplete.
	 */
	readonly kind: "analysed" | "linked" | "not-ready" | "changed" | "dead" | "cancelled" | "unwanted" | "rejected";
	readonly detail: string;
	/** For not-ready: look again no earlier than this. */
	readonly againAt: number | undefined;
}

export interface LeaseCatalog {
	/** A fencing token if the lease is free, over, or ours; undefined while another holds it. */
	lease(name: string, owner: string, ttlMs: number, now: number): Promise<number | undefined>;
	endLease(name: string, owner: string): Promise<void>;
	/** Of the leases whose names begin so, those that somebody holds: owners by name. */
	leaseholders(prefix: string, now: number): Promise<ReadonlyMap<string, string>>;
}
