import type { SQLInputValue, SQLOutputValue, StatementSync } from "node:sqlite";
import { type FileStat, type FileState, isOpen } from "#domain/file-state.ts";
import type { Place } from "./ledger-places.ts";
import type { FirstRecord, LedgerRecord } from "./ledger-record.ts";
import type { LedgerTally } from "./ledger-tally.ts";
import type { Database } from "./open.ts";
import { isTaken } from "./sqlite-error.ts";

const columns = [
	"kind",
	"unit",
	"state",
	"reason",
	"size",
	"mtime_ns",
	"ctime_ns",
	"inode",
	"sha256",
	"generation",
	"looks",
	"wake_at",
	"first_seen_at",
	"changed_at",
	"gone_at",
	"present",
	"event_at",
	"event",
	"detail",
] as const;

/** Rows of one statement: twice as fast a row as a statement each. */
export const rowsTogether = 32;

/** Of the events that repeat while something settles, the newest so many are kept a path. */
const keptRepeats = 50;
const repeating = "('changed', 'settling')";

/** Reads, inserts and replaces whole records; what an event replaces goes to the history. */
export class LedgerTable {
	readonly #tally: LedgerTally;
	readonly #at: StatementSync;
	readonly #byId: StatementSync;
	readonly #presentMembers: StatementSync;
	readonly #insert: StatementSync;
	readonly #insertTogether: StatementSync;
	readonly #update: StatementSync;
	readonly #digest: StatementSync;
	readonly #remember: StatementSync;
	readonly #forgetOldest: StatementSync;
	readonly #forgetOrigins: StatementSync;

	constructor(database: Database, tally: LedgerTally) {
		this.#tally = tally;
		const select = `SELECT id, ${columns.join(", ")} FROM entry`;
		const bigints = { readBigInts: true };
		this.#at = database.prepare(`${select} WHERE directory = ? AND name = ?`, bigints);
		this.#byId = database.prepare(`${select} WHERE id = ?`, bigints);
		this.#presentMembers = database.prepare(`${select} WHERE unit = ? AND gone_at IS NULL`, bigints);
		this.#insert = database.prepare(`${insertion(1)} ON CONFLICT DO NOTHING`);
		this.#insertTogether = database.prepare(insertion(rowsTogether));
		this.#update = database.prepare(`UPDATE entry SET ${columns.map((name) => `${name} = ?`).join(", ")} WHERE id = ?`);
		this.#digest = database.prepare(
			`UPDATE entry SET size = ?, mtime_ns = ?, ctime_ns = ?, inode = ?, sha256 = ?
			WHERE directory = ? AND name = ? AND (unit = ? OR id = ?)`,
		);
		this.#remember = database.prepare("INSERT INTO history (entry, at, what, detail) VALUES (?, ?, ?, ?)");
		this.#forgetOldest = database.prepare(
			`DELETE FROM history WHERE id IN (SELECT id FROM history WHERE entry = ? AND what IN ${repeating}
			ORDER BY id DESC LIMIT -1 OFFSET ${keptRepeats})`,
		);
		this.#forgetOrigins = database.prepare("DELETE FROM origin WHERE unit = ?");
	}

	at(place: Place): LedgerRecord | undefined {
		const row = this.#at.get(place.directory, place.name);
		return row && recordFromRow(row);
	}

	byId(id: number): LedgerRecord | undefined {
		const row = this.#byId.get(id);
		return row && recordFromRow(row);
	}

	presentMembers(folder: number): readonly LedgerRecord[] {
		return this.#presentMembers.all(folder).map(recordFromRow);
	}

	/** The new row's id; undefined, and nothing is written, if there is one at that place. */
	insert(row: FirstRow): number | undefined {
		const { changes, lastInsertRowid } = this.#insert.run(...firstValues(row));
		if (changes === 0) return undefined;
		this.#tally.changed(undefined, row.record);
		return Number(lastInsertRowid);
	}

	/** `rowsTogether` new rows; false, and nothing is written, if there is one at one of the places. */
	insertTogether(rows: readonly FirstRow[]): boolean {
		try {
			this.#insertTogether.run(...rows.flatMap(firstValues));
		} catch (error) {
			if (isTaken(error)) return false;
			throw error;
		}
		for (const { record } of rows) this.#tally.changed(undefined, record);
		return true;
	}

	/** The one place where a record changes. */
	replace(record: LedgerRecord, next: LedgerRecord): void {
		if (next === record) return;
		const told = record.event;
		// The same again (still growing, still waiting for the same) moves its time and adds no line.
		const again = told.what === next.event.what && (told.what === "changed" || told.detail === next.event.detail);
		if (!again) {
			this.#remember.run(record.id, told.at, told.what, told.detail);
			// Each change and each look tells at most one of them: fewer than that need no clearing.
			if (2 * record.generation + record.looks > keptRepeats) this.#forgetOldest.run(record.id);
		}
		if (isOtherVersion(record, next) || next.state === "analysed") this.#forgetOrigins.run(record.id);
		this.#update.run(...values(next), record.id);
		this.#tally.changed(record, next);
	}

	/** What a file of the unit was when it was hashed: from now on a scan compares with this. */
	settle(place: Place, unit: number, stat: FileStat, sha256: string): void {
		const digest = Buffer.from(sha256, "hex");
		const { size, mtimeNs, ctimeNs, inode } = stat;
		this.#digest.run(size, mtimeNs, ctimeNs, inode, digest, place.directory, place.name, unit, unit);
	}
}

/** It had come to an end, and changed; what is only looked at again is the same version. */
function isOtherVersion(record: LedgerRecord, next: LedgerRecord): boolean {
	return next.generation !== record.generation && isOpen(next.state) && !isOpen(record.state);
}

/** Where a path that was not known lies, and what it is. */
export interface FirstRow {
	readonly place: Place;
	readonly record: FirstRecord;
}

/** `WHERE true` tells SQLite that an ON CONFLICT behind it is no join. */
function insertion(rows: number): string {
	const row = `(${Array(15).fill("?").join(", ")})`;
	return `INSERT INTO entry (directory, name, kind, unit, state, reason, size, mtime_ns, ctime_ns, inode, looks, wake_at,
			first_seen_at, event, detail, generation, changed_at, present, event_at)
		SELECT *, 1, column13, 0, column13 FROM (VALUES ${Array(rows).fill(row).join(", ")}) WHERE true`;
}

function firstValues({ place, record }: FirstRow): SQLInputValue[] {
	const { kind, unit, state, reason, stat, looks, wakeAt, event } = record;
	return [
		place.directory,
		place.name,
		kind,
		unit ?? null,
		state,
		reason ?? null,
		stat.size,
		stat.mtimeNs,
		stat.ctimeNs,
		stat.inode,
		looks,
		wakeAt ?? null,
		event.at,
		event.what,
		event.detail,
	];
}

function values(record: LedgerRecord): SQLInputValue[] {
	const { stat, event } = record;
	return [
		record.kind,
		record.unit ?? null,
		record.state,
		record.reason ?? null,
		stat.size,
		stat.mtimeNs,
		stat.ctimeNs,
		stat.inode,
		record.sha256 === undefined ? null : Buffer.from(record.sha256, "hex"),
		record.generation,
		record.looks,
		record.wakeAt ?? null,
		record.firstSeenAt,
		record.changedAt,
		record.goneAt ?? null,
		record.present,
		event.at,
		event.what,
		event.detail,
	];
}

type Row = Record<string, SQLOutputValue>;

/** Rows are read with BigInt: nanoseconds do not fit into a double. */
function recordFromRow(row: Row): LedgerRecord {
	return {
		id: Number(row.id),
		kind: row.kind as LedgerRecord["kind"],
		unit: optionalNumber(row.unit),
		state: row.state as FileState,
		reason: (row.reason as string | null) ?? undefined,
		stat: statFromRow(row),
		sha256: hexFromRow(row.sha256),
		generation: Number(row.generation),
		looks: Number(row.looks),
		wakeAt: optionalNumber(row.wake_at),
		firstSeenAt: Number(row.first_seen_at),
		changedAt: Number(row.changed_at),
		goneAt: optionalNumber(row.gone_at),
		present: Number(row.present),
		event: { at: Number(row.event_at), what: row.event as string, detail: row.detail as string },
	};
}

export function statFromRow(row: Row): FileStat {
	return {
		size: Number(row.size),
		mtimeNs: row.mtime_ns as bigint,
		ctimeNs: row.ctime_ns as bigint,
		inode: row.inode as bigint,
	};
}

export function hexFromRow(value: SQLOutputValue | undefined): string | undefined {
	return value instanceof Uint8Array ? Buffer.from(value).toString("hex") : undefined;
}

export function optionalNumber(value: SQLOutputValue | undefined): number | undefined {
	return value === null || value === undefined ? undefined : Number(value);
}
