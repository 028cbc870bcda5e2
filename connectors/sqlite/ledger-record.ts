import type { LifeEvent } from "#core/ports/ledger.ts";
import type { FileStat, FileState } from "#domain/file-state.ts";

/** A row of the ledger as it is changed: what the transitions take and give. */
export interface LedgerRecord {
	readonly id: number;
	readonly kind: "file" | "folder" | "member";
	readonly unit: number | undefined;
	readonly state: FileState;
	readonly reason: string | undefined;
	readonly stat: FileStat;
	readonly sha256: string | undefined;
	readonly generation: number;
	readonly looks: number;
	readonly wakeAt: number | undefined;
	readonly firstSeenAt: number;
	readonly changedAt: number;
	readonly goneAt: number | undefined;
	/** Folders: members that are there. */
	readonly present: number;
	/** The newest event of its life. */
	readonly event: LifeEvent;
}

/** What is known of a path when it is first seen, at the time of its event. */
export type FirstRecord = Pick<
	LedgerRecord,
	"kind" | "unit" | "state" | "reason" | "stat" | "looks" | "wakeAt" | "event"
>;

export function recordOf(id: number, first: FirstRecord): LedgerRecord {
	const { at } = first.event;
	const times = { firstSeenAt: at, changedAt: at, goneAt: undefined };
	return { ...first, ...times, id, sha256: undefined, generation: 1, present: 0 };
}

export const noStat: FileStat = { size: 0, mtimeNs: 0n, ctimeNs: 0n, inode: 0n };
