import type { Member } from "#domain/acquisition.ts";
import type { FileStat, FileState } from "#domain/file-state.ts";
import type { PathString } from "#domain/path.ts";
import type { Burst } from "#domain/rhythm.ts";
import type { Trace } from "../trace.ts";

/**
 * The edge's memory of every path, kept where the files are. It is synchronous: the ledger is always a local file,
 * and a scan compares thousands of paths in one transaction.
 *
 * A *unit* is what settles as one: a file of its own (`file`), or a run folder (`folder`) whose files are its
 * `member`s. Units carry a wake-up time; members and ignored paths carry none.
 */
export interface Ledger {
	/**
	 * The name of this ledger's life: one that was lost and rebuilt counts units and generations anew, and must not be taken
	 * for the old one.
	 */
	readonly identity: string;
	/**
	 * Everything the ledger knows below a directory (relative, "" for the root), not deeper: compared by a scan. With
	 * `between` only names in that range, in the order of their bytes, and no more than that: a directory of any size is
	 * compared in parts.
	 */
	children(source: string, directory: PathString, between?: NameRange): ReadonlyMap<string, LedgerEntry>;
	/** Directories of a source, or of those that lie in one of them, at any depth, that have something in them. */
	directories(source: string, below?: PathString): IterableIterator<PathString>;
	/** Applies what a scan saw, in one transaction. */
	observe(source: string, changes: readonly Observation[]): void;
	/** Units whose wake-up time has come, earliest first, without those in `except`; with `of` only those of these sources. */
	due(now: number, max: number, except: ReadonlySet<number>, of?: readonly string[]): readonly Unit[];
	/** The earliest wake-up time of all units, without those in `except`; with `of` only of these sources. */
	nextWake(except: ReadonlySet<number>, of?: readonly string[]): number | undefined;
	/** The members of a folder unit, ordered by path bytes. */
	members(unit: number): readonly LedgerEntry[];
	/** What became of units; each only if its generation is still the one given: a newer observation wins. One transaction. */
	conclude(conclusions: readonly Conclusion[]): void;
	find(source: string, path: PathString): LedgerEntry | undefined;
	/** Entry and whole history of a path; undefined if it was never seen. */
	life(source: string, path: PathString): PathLife | undefined;
	/** By directory, then by name, in the order of bytes; folders and what is gone included. */
	entries(source: string, filter?: { readonly states?: readonly FileState[] }): IterableIterator<LedgerEntry>;
	/** By id, which is the order in which paths were first seen: a page for people. */
	page(request: LedgerPage): readonly LedgerEntry[];
	/** How the unit was published last; undefined if it never was. */
	publication(unit: number): Publication | undefined;
	/**
	 * What waits at the path (a file, or the folder that it is of) was told of in this trace: it goes on with the first one,
	 * until it changes after it has settled, or is analysed. Where nothing waits, nothing happens.
	 */
	cameFrom(source: string, path: PathString, origin: Trace): void;
	/** All of them, the first one first. */
	origins(unit: number): readonly Trace[];
	/**
	 * Units that wait and were never judged in their present version: 0 means that the ledger has told all it knows; with
	 * `of` only those of these sources.
	 */
	unjudged(of?: readonly string[]): number;
	/** The wall clock was stepped by `byMs`: every wake-up time moves with it, so that nothing waits an hour more. */
	shift(byMs: number): void;
	/** Files that are there, of one source or of all. */
	counts(source?: string): ReadonlyMap<FileState, number>;
	/** How many files are there, right in a directory: the numbers of its parts, between which others may have their turn. */
	filesIn(source: string, directory: PathString): IterableIterator<number>;
	/** When the source was seen to write, newest first. */
	bursts(source: string, most?: number): readonly Burst[];
	/** A note that outlives the process: the catalog sequence up to which outcomes were applied, first start of a source. */
	note(name: string): string | undefined;
	setNote(name: string, value: string): void;
	close(): void;
}

export interface LedgerPage {
	/** Of all sources if not given. */
	readonly source?: string;
	/** Of these sources alone. */
	readonly within?: readonly string[];
	/** None of these sources. */
	readonly except?: readonly string[];
	readonly states?: readonly FileState[];
	readonly order: "asc" | "desc";
	/** Goes on behind this id. */
	readonly beyond?: number;
	readonly limit: number;
}

/** Names behind `after` up to and including `through`; undefined is open. */
export interface NameRange {
	readonly after: string | undefined;
	readonly through: string | undefined;
	readonly most?: number;
}

export interface LedgerEntry {
	readonly id: number;
	readonly source: string;
	readonly path: PathString;
	readonly kind: "file" | "folder" | "member";
	readonly state: FileState;
	/** The rule that ignored it, why it is quarantined, or what it waits for: plain words. */
	readonly reason: string | undefined;
	readonly stat: FileStat;
	readonly sha256: string | undefined;
	/** Grows with every observed change. */
	readonly generation: number;
	/** Milliseconds since the epoch; undefined while it is there. */
	readonly goneAt: number | undefined;
	/** For members: the folder they belong to. */
	readonly unit: number | undefined;
	readonly firstSeenAt: number;
	/** When this version was first noticed: milliseconds since the epoch. */
	readonly changedAt: number;
}

/** What a scan saw at a path that differs from the ledger. */
export type Observation =
	| {
			readonly kind: "changed";
			readonly path: PathString;
			readonly stat: FileStat;
			/** Relative path of the folder unit; undefined for a file of its own. */
			readonly folder: PathString | undefined;
			/** Noticed at, milliseconds since the epoch. */
			readonly at: number;
			/** When to look whether it is complete; the folder takes the latest of its members. */
			readonly wakeAt: number;
	  }
	| {
			readonly kind: "ignored" | "quarantined";
			readonly path: PathString;
			readonly stat: FileStat;
			readonly at: number;
			readonly reason: string;
			/** For quarantined: when to try again, if ever. */
			readonly wakeAt?: number;
	  }
	| { readonly kind: "gone"; readonly path: PathString; readonly at: number };

/** A unit to be judged. */
export interface Unit {
	readonly id: number;
	readonly source: string;
	readonly path: PathString;
	readonly kind: "file" | "folder";
	readonly stat: FileStat;
	readonly generation: number;
	/** When this version was first noticed: milliseconds since the epoch. */
	readonly changedAt: number;
	readonly firstSeenAt: number;
	/** When it is to be judged: milliseconds since the epoch. */
	readonly wakeAt: number;
	/** Looks at this version so far (conclusions `settling` of this generation): a back-off grows with it. */
	readonly looks: number;
	readonly traceparent: string;
}

export type Conclusion =
	/** Complete, hashed and published under this event id; verified: and kept in the object store, and read back from there. */
	| {
			readonly unit: number;
			readonly generation: number;
			readonly state: "settled" | "verified";
			readonly at: number;
			readonly members: readonly Member[];
			readonly event: string;
			/** Whether its trace is kept; left out where nobody decided. */
			readonly isTraced?: boolean;
	  }
	/** Found as the catalog knows it, and not published again: as which acquisition. */
	| {
			readonly unit: number;
			readonly generation: number;
			readonly state: "settled" | "verified";
			readonly at: number;
			readonly members: readonly Member[];
			readonly acquisition: string;
	  }
	/** Complete, and put into the object store; it waits on as before, until it was read back from there. */
	| { readonly unit: number; readonly generation: number; readonly state: "stored"; readonly at: number }
	/** Not complete yet: what it waits for, and when to look again. */
	| {
			readonly unit: number;
			readonly generation: number;
			readonly state: "settling";
			readonly at: number;
			readonly waitingFor: string;
			readonly wakeAt: number;
	  }
	| {
			readonly unit: number;
			readonly generation: number;
			readonly state: "quarantined" | "ignored";
			readonly at: number;
			readonly reason: string;
			readonly wakeAt?: number;
	  }
	/** The catalog has a result for it. */
	| {
			readonly unit: number;
			readonly generation: number;
			readonly state: "analysed";
			readonly at: number;
			readonly reason: string;
	  };

export interface Publication {
	/** Its id. */
	readonly event: string;
	/** Whether its trace is kept; left out where nobody decided, or that was not written down. */
	readonly isTraced?: boolean;
	/** Milliseconds since the epoch. */
	readonly at: number;
}

export interface LifeEvent {
	readonly at: number;
	readonly what: string;
	readonly detail: string;
}

export interface PathLife {
	readonly entry: LedgerEntry;
	/** The folder it belongs to, for a member. */
	readonly folder: LedgerEntry | undefined;
	readonly wakeAt: number | undefined;
	readonly events: readonly LifeEvent[];
}
