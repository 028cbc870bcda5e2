import type { Conclusion, LifeEvent, Observation } from "#core/ports/ledger.ts";
import { type FileStat, isOpen, sameStat } from "#domain/file-state.ts";
import { displayPath, type PathString } from "#domain/path.ts";
import { publishedAs } from "./ledger-published.ts";
import { type FirstRecord, type LedgerRecord, noStat, recordOf } from "./ledger-record.ts";

/**
 * How a record changes, and nothing else: pure functions from a record and what was learnt to the next record.
 *
 * Observed changes let the generation grow, so that a conclusion about what was there before does not count.
 *
 *   (new) -> seen -> settling <-> settled -> analysed        any change, also of a member, leads back to settling
 *                    settling <-> stored -> verified -> analysed   with an archive; stored waits, as settling does
 *   (any) -> ignored, quarantined                            by a rule of the scan, or as a conclusion
 *   seen, settling, stored -> ignored                        when it is gone before it was complete
 */

type Changed = Extract<Observation, { kind: "changed" }>;
type Dismissed = Extract<Observation, { kind: "ignored" | "quarantined" }>;

const deletedEarly = "deleted before it was complete";

export function first(observation: Changed | Dismissed, unit: number | undefined): FirstRecord {
	const { at, stat } = observation;
	const dismissed = observation.kind === "changed" ? undefined : observation;
	return {
		kind: unit === undefined ? "file" : "member",
		unit,
		state: dismissed?.kind ?? "seen",
		reason: dismissed?.reason,
		stat,
		// What the scan dismissed has been judged by it.
		looks: dismissed ? 1 : 0,
		wakeAt: unit === undefined ? observation.wakeAt : undefined,
		event: dismissed
			? { at, what: dismissed.kind, detail: dismissed.reason }
			: { at, what: "seen", detail: bytes(stat) },
	};
}

export function firstFolder(at: number): FirstRecord {
	return {
		kind: "folder",
		unit: undefined,
		state: "seen",
		reason: undefined,
		stat: noStat,
		looks: 0,
		wakeAt: undefined,
		event: { at, what: "seen", detail: "a folder" },
	};
}

/** What a scan saw there now; the record itself if that is what it knew. */
export function observed(
	record: LedgerRecord,
	observation: Changed | Dismissed,
	unit: number | undefined,
): LedgerRecord {
	const { at } = observation;
	if (observation.kind !== "changed") {
		return {
			...renewed(record, observation, undefined),
			state: observation.kind,
			reason: observation.reason,
			looks: 1,
			wakeAt: observation.wakeAt,
			event: { at, what: observation.kind, detail: observation.reason },
		};
	}
	if (isKnown(record, observation, unit)) return record;
	return {
		...renewed(record, observation, unit),
		state: "settling",
		reason: undefined,
		looks: 0,
		wakeAt: unit === undefined ? observation.wakeAt : undefined,
		event: changeEvent(record, observation),
	};
}

function isKnown(record: LedgerRecord, observation: Changed, unit: number | undefined): boolean {
	return (
		record.goneAt === undefined &&
		record.kind === (unit === undefined ? "file" : "member") &&
		record.unit === unit &&
		record.state !== "ignored" &&
		record.state !== "quarantined" &&
		sameStat(record.stat, observation.stat)
	);
}

function renewed(record: LedgerRecord, observation: Changed | Dismissed, unit: number | undefined): LedgerRecord {
	return {
		...record,
		kind: unit === undefined ? "file" : "member",
		unit,
		stat: observation.stat,
		sha256: undefined,
		generation: record.generation + 1,
		changedAt: observation.at,
		goneAt: undefined,
		present: 0,
	};
}

function changeEvent(record: LedgerRecord, { at, stat }: Changed): LifeEvent {
	if (record.kind === "folder") return { at, what: "changed", detail: `a file now, ${bytes(stat)}` };
	if (record.goneAt !== undefined) return { at, what: "returned", detail: bytes(stat) };
	return { at, what: "changed", detail: difference(record.stat, stat) };
}

function difference(before: FileStat, after: FileStat): string {
	if (before.size !== after.size) return `from ${before.size} to ${bytes(after)}`;
	if (before.inode !== after.inode) return "replaced by another file of the same size";
	if (before.mtimeNs !== after.mtimeNs) return "written again, same size";
	return "touched: same size and date, another change time";
}

function bytes(stat: FileStat): string {
	return stat.size === 1 ? "1 byte" : `${stat.size} bytes`;
}

/** No longer on disk: what had settled keeps its state, what had not never will. */
export function gone(record: LedgerRecord, at: number): LedgerRecord {
	const early = isOpen(record.state);
	return {
		...record,
		state: early ? "ignored" : record.state,
		reason: early ? deletedEarly : record.reason,
		generation: record.generation + 1,
		wakeAt: undefined,
		goneAt: at,
		event: { at, what: "gone", detail: early ? deletedEarly : "deleted or moved away" },
	};
}

/** What happened to the members of a folder in one scan. */
export interface FolderChange {
	readonly at: number;
	/** The first of them, relative to the source's root. */
	readonly member: PathString;
	readonly members: number;
	/** All of them are gone; none came or changed. */
	readonly onlyLoss: boolean;
	readonly bytes: number;
	readonly present: number;
	readonly wakeAt: number;
	readonly mtimeNs: bigint;
	readonly ctimeNs: bigint;
}

/**
 * A folder after its members changed; `fresh` if this scan was the first to see it. Losing members reopens it, unless
 * it is analysed: people tidy up, and what was analysed whole is not to be analysed again in part.
 */
export function membersChanged(record: LedgerRecord, change: FolderChange, fresh: boolean): LedgerRecord {
	const present = record.present + change.present;
	const next: LedgerRecord = {
		...record,
		stat: {
			size: record.stat.size + change.bytes,
			mtimeNs: later(record.stat.mtimeNs, change.mtimeNs),
			ctimeNs: later(record.stat.ctimeNs, change.ctimeNs),
			inode: record.stat.inode,
		},
		present,
	};
	if (present === 0) return record.goneAt === undefined ? gone(next, change.at) : next;
	if (change.onlyLoss && record.state === "analysed") {
		return { ...next, generation: record.generation + 1, event: folderEvent(record, change) };
	}
	// Until it is looked at, the latest of the members' times counts; after a look the new change sets its own.
	const waiting = isOpen(record.state) && record.looks === 0 ? (record.wakeAt ?? 0) : 0;
	return {
		...next,
		state: fresh ? record.state : "settling",
		reason: undefined,
		generation: fresh ? record.generation : record.generation + 1,
		looks: 0,
		wakeAt: Math.max(waiting, change.wakeAt),
		changedAt: change.at,
		goneAt: undefined,
		event: fresh ? record.event : folderEvent(record, change),
	};
}

function folderEvent(record: LedgerRecord, { at, member, members, onlyLoss }: FolderChange): LifeEvent {
	const who = members === 1 ? displayPath(member) : `${displayPath(member)} and ${members - 1} more`;
	if (record.goneAt !== undefined) return { at, what: "returned", detail: `with ${who}` };
	const reopened = !isOpen(record.state) && !(onlyLoss && record.state === "analysed");
	if (reopened) return { at, what: "reopened", detail: onlyLoss ? `by the loss of ${who}` : `by ${who}` };
	return { at, what: "changed", detail: onlyLoss ? `lost ${who}` : who };
}

function later(a: bigint, b: bigint): bigint {
	return a > b ? a : b;
}

/** A directory where a file was: the row becomes the folder's, the file's life stays in its history. */
export function becameFolder(record: LedgerRecord, at: number): LedgerRecord {
	return {
		...recordOf(record.id, firstFolder(at)),
		state: "settling",
		generation: record.generation + 1,
		firstSeenAt: record.firstSeenAt,
		event: { at, what: "changed", detail: "a folder now" },
	};
}

export function concluded(record: LedgerRecord, conclusion: Conclusion): LedgerRecord {
	const { state, at } = conclusion;
	const base = { ...record, state, reason: undefined, wakeAt: undefined };
	switch (conclusion.state) {
		case "settled":
		case "verified": {
			const size = conclusion.members.reduce((sum, member) => sum + member.size, 0);
			const known = "acquisition" in conclusion;
			const detail = known ? `known to the catalog as ${conclusion.acquisition}` : publishedAs(conclusion);
			const event = { at, what: state, detail };
			return { ...base, stat: { ...record.stat, size }, event };
		}
		case "stored":
			return {
				...record,
				state,
				reason: undefined,
				event: { at, what: state, detail: "in the archive, to be read back" },
			};
		case "analysed":
			return { ...base, reason: conclusion.reason, event: { at, what: state, detail: conclusion.reason } };
		case "settling": {
			if (record.goneAt !== undefined) return { ...base, state: "ignored", reason: deletedEarly };
			const waits = { reason: conclusion.waitingFor, looks: record.looks + 1, wakeAt: conclusion.wakeAt };
			return { ...base, ...waits, event: { at, what: state, detail: conclusion.waitingFor } };
		}
		case "quarantined":
		case "ignored": {
			const wakeAt = record.goneAt === undefined ? conclusion.wakeAt : undefined;
			const { reason } = conclusion;
			return { ...base, reason, looks: record.looks + 1, wakeAt, event: { at, what: state, detail: reason } };
		}
	}
}
