import type { SQLInputValue, SQLOutputValue, StatementSync } from "node:sqlite";
import type { LedgerEntry, LedgerPage, LifeEvent, NameRange, PathLife } from "#core/ports/ledger.ts";
import { type FileState, fileStates } from "#domain/file-state.ts";
import { displayPath, type PathString, pathFromBytes, pathToBytes } from "#domain/path.ts";
import { joined, type LedgerPlaces } from "./ledger-places.ts";
import { hexFromRow, optionalNumber } from "./ledger-table.ts";
import type { Database } from "./open.ts";

/** A present member is in the state of its folder. */
const follows = "e.kind = 'member' AND e.gone_at IS NULL";
const state = `CASE WHEN ${follows} THEN u.state ELSE e.state END`;
const columns = `e.id, e.name, e.kind, e.unit, ${state}, CASE WHEN ${follows} THEN u.reason ELSE e.reason END,
	e.size, e.mtime_ns, e.ctime_ns, e.inode, e.sha256, e.generation, e.first_seen_at, e.changed_at, e.gone_at`;
/** SQLite joins in this order: along directories for what lies in them, along ids for what is named by one. */
const byDirectory = `FROM directory d CROSS JOIN entry e ON e.directory = d.id JOIN source s ON s.id = d.source
	LEFT JOIN entry u ON u.id = e.unit`;
const byEntry = `FROM entry e CROSS JOIN directory d ON d.id = e.directory JOIN source s ON s.id = d.source
	LEFT JOIN entry u ON u.id = e.unit`;

const pageRows = 1_000;

/** What people and scans read of the ledger: entries. Long listings are read a page at a time, and hold nothing open in between. */
export class LedgerEntries {
	readonly #database: Database;
	readonly #places: LedgerPlaces;
	readonly #children: StatementSync;
	readonly #childrenThrough: StatementSync;
	readonly #filesIn: StatementSync;
	readonly #members: StatementSync;
	readonly #at: StatementSync;
	readonly #byId: StatementSync;
	readonly #page: StatementSync;
	readonly #oldest: StatementSync;
	readonly #newest: StatementSync;
	readonly #directories: StatementSync;
	readonly #directoriesUntil: StatementSync;
	readonly #current: StatementSync;
	readonly #history: StatementSync;

	constructor(database: Database, places: LedgerPlaces) {
		this.#database = database;
		this.#places = places;
		// Rows of these are arrays, which are read twice as fast as objects: a scan reads every row.
		const arrays = { readBigInts: true, returnArrays: true };
		const placed = (rest: string) => database.prepare(`SELECT ${columns}, s.name, d.path ${rest}`, arrays);
		const children = (through: string) =>
			database.prepare(
				`SELECT ${columns} FROM entry e LEFT JOIN entry u ON u.id = e.unit
				WHERE e.directory = ?1 AND e.name > ?2 ${through} AND e.kind <> 'folder' ORDER BY e.name LIMIT ?3`,
				arrays,
			);
		this.#children = children("");
		this.#childrenThrough = children("AND e.name <= ?4");
		this.#filesIn = database.prepare(
			`SELECT count(*) FILTER (WHERE gone_at IS NULL AND kind <> 'folder') AS files, count(*) AS rows, max(name) AS last
			FROM (SELECT name, gone_at, kind FROM entry WHERE directory = ? AND name > ? ORDER BY name LIMIT ${pageRows})`,
		);
		this.#members = placed(`${byEntry} WHERE e.unit = ?`);
		this.#at = placed(`${byDirectory} WHERE d.id = ? AND e.name = ?`);
		this.#byId = placed(`${byEntry} WHERE e.id = ?`);
		this.#page = placed(
			`${byDirectory} WHERE d.source = ?1 AND d.path >= ?2 AND (d.path > ?2 OR e.name > ?3)
			AND ${state} IN (SELECT value FROM json_each(?4)) ORDER BY d.path, e.name LIMIT ${pageRows}`,
		);
		const paged = (rest: string) =>
			placed(
				`${byEntry} WHERE (?1 IS NULL OR s.name = ?1) AND ${state} IN (SELECT value FROM json_each(?2))
				AND s.name NOT IN (SELECT value FROM json_each(?5))
				AND (?6 IS NULL OR s.name IN (SELECT value FROM json_each(?6))) AND ${rest}`,
			);
		this.#oldest = paged("e.id > ifnull(?3, 0) ORDER BY e.id LIMIT ?4");
		this.#newest = paged("e.id < ifnull(?3, 9223372036854775807) ORDER BY e.id DESC LIMIT ?4");
		const directories = (until: string) =>
			database.prepare(
				`SELECT path FROM directory d WHERE source = ?1 AND path > ?2 ${until}
				AND EXISTS (SELECT 1 FROM entry e WHERE e.directory = d.id AND e.gone_at IS NULL AND e.kind <> 'folder')
				ORDER BY path LIMIT ${pageRows}`,
			);
		this.#directories = directories("");
		this.#directoriesUntil = directories("AND path < ?3");
		this.#current = database.prepare("SELECT event_at AS at, event AS what, detail, wake_at FROM entry WHERE id = ?");
		this.#history = database.prepare("SELECT at, what, detail FROM history WHERE entry = ? ORDER BY id");
	}

	children(source: string, path: PathString, between?: NameRange): ReadonlyMap<string, LedgerEntry> {
		const id = this.#places.source(source);
		const directory = id === undefined ? undefined : this.#places.directory(id, path);
		const children = new Map<string, LedgerEntry>();
		if (directory === undefined) return children;
		const prefix = path === "" ? "" : `${path}/`;
		const after = between?.after === undefined ? beforeAll : pathToBytes(between.after);
		const most = between?.most ?? -1;
		const rows =
			between?.through === undefined
				? this.#rows(this.#children, directory, after, most)
				: this.#rows(this.#childrenThrough, directory, after, most, pathToBytes(between.through));
		for (const row of rows) {
			const name = pathFromBytes(row[1] as Uint8Array);
			children.set(name, entryFromRow(row, source, prefix + name));
		}
		return children;
	}

	*filesIn(source: string, path: PathString): IterableIterator<number> {
		const id = this.#places.source(source);
		const directory = id === undefined ? undefined : this.#places.directory(id, path);
		if (directory === undefined) return;
		let after: SQLInputValue = beforeAll;
		while (true) {
			const { files, rows, last } = this.#read(() => this.#filesIn.get(directory, after)) as Record<
				string,
				SQLOutputValue
			>;
			yield Number(files);
			if (Number(rows) < pageRows) return;
			after = last as Uint8Array;
		}
	}

	members(unit: number): readonly LedgerEntry[] {
		return this.#rows(this.#members, unit)
			.map(placedEntry)
			.map((entry) => ({ entry, bytes: pathToBytes(entry.path) }))
			.sort((a, b) => Buffer.compare(a.bytes, b.bytes))
			.map(({ entry }) => entry);
	}

	find(source: string, path: PathString): LedgerEntry | undefined {
		const id = this.#places.source(source);
		const place = id === undefined ? undefined : this.#places.place(id, path);
		const [row] = place ? this.#rows(this.#at, place.directory, place.name) : [];
		return row && placedEntry(row);
	}

	*directories(source: string, below?: PathString): IterableIterator<PathString> {
		const id = this.#places.source(source);
		if (id === undefined) return;
		// All paths below "a" lie between "a/" and "a0": "0" comes next to "/".
		let last: Uint8Array | string = below === undefined ? beforeAll : pathToBytes(below && `${below}/`);
		const until = below ? pathToBytes(`${below}0`) : undefined;
		while (true) {
			const rows = this.#read(() =>
				until ? this.#directoriesUntil.all(id, last, until) : this.#directories.all(id, last),
			);
			for (const row of rows) yield pathFromBytes(row.path as Uint8Array);
			if (rows.length < pageRows) return;
			last = rows.at(-1)?.path as Uint8Array;
		}
	}

	/** By directory, then by name, in the order of bytes; folders and what is gone included. */
	*entries(source: string, states: readonly FileState[] = fileStates): IterableIterator<LedgerEntry> {
		const id = this.#places.source(source);
		if (id === undefined) return;
		let directory: Uint8Array | string = beforeAll;
		let name: Uint8Array | string = beforeAll;
		while (true) {
			const rows = this.#rows(this.#page, id, directory, name, JSON.stringify(states));
			for (const row of rows) yield placedEntry(row);
			if (rows.length < pageRows) return;
			directory = rows.at(-1)?.[16] as Uint8Array;
			name = rows.at(-1)?.[1] as Uint8Array;
		}
	}

	page({ source, within, except = [], states = fileStates, order, beyond, limit }: LedgerPage): readonly LedgerEntry[] {
		const statement = order === "asc" ? this.#oldest : this.#newest;
		const only = within === undefined ? null : JSON.stringify(within);
		const asked = [source ?? null, JSON.stringify(states), beyond ?? null, limit, JSON.stringify(except), only];
		return this.#rows(statement, ...asked).map(placedEntry);
	}

	life(source: string, path: PathString): PathLife | undefined {
		const entry = this.find(source, path);
		if (!entry) return undefined;
		const folder = entry.unit === undefined ? undefined : this.#get(entry.unit);
		const own = this.#events(entry.id);
		const [oldest] = own;
		const events: readonly LifeEvent[] =
			oldest?.what === "seen" ? own : [{ at: entry.firstSeenAt, what: "seen", detail: "" }, ...own];
		return {
			entry,
			folder,
			wakeAt: this.#wakeAt(folder?.id ?? entry.id),
			events: folder ? this.#withFolder(events, entry, folder) : events,
		};
	}

	/** What happens to a folder happens to its members, from when they come until they are gone. */
	#withFolder(own: readonly LifeEvent[], member: LedgerEntry, folder: LedgerEntry): readonly LifeEvent[] {
		const inherited = this.#events(folder.id)
			.filter(({ at, what }) => what !== "seen" && at >= member.firstSeenAt && at <= (member.goneAt ?? at))
			.map((event) => ({ ...event, detail: `folder ${displayPath(folder.path)}: ${event.detail}` }));
		return [...own, ...inherited].sort((a, b) => a.at - b.at);
	}

	#events(id: number): readonly LifeEvent[] {
		const rows = this.#read(() => [...this.#history.all(id), ...this.#current.all(id)]);
		return rows.map(({ at, what, detail }) => ({ at: Number(at), what: String(what), detail: String(detail) }));
	}

	#wakeAt(id: number): number | undefined {
		return (this.#read(() => this.#current.get(id))?.wake_at as number | null) ?? undefined;
	}

	#get(id: number): LedgerEntry | undefined {
		const [row] = this.#rows(this.#byId, id);
		return row && placedEntry(row);
	}

	#rows(statement: StatementSync, ...parameters: SQLInputValue[]): readonly Row[] {
		return this.#read(() => statement.all(...parameters)) as unknown as readonly Row[];
	}

	#read<T>(work: () => T): T {
		return this.#database.attempt(work);
	}
}

/** Where a listing starts: SQLite sorts every text before every blob, the empty one included. */
const beforeAll = "";

/** In the order of `columns`, then the source's name and the directory's path where they were asked for. */
type Row = readonly SQLOutputValue[];

function placedEntry(row: Row): LedgerEntry {
	return entryFromRow(row, row[15] as string, joined(row[16] as Uint8Array, row[1] as Uint8Array));
}

function entryFromRow(row: Row, source: string, path: PathString): LedgerEntry {
	const [id, , kind, unit, state, reason, size, mtimeNs, ctimeNs, inode, sha256, generation, first, changed, gone] =
		row;
	return {
		id: Number(id),
		source,
		path,
		kind: kind as LedgerEntry["kind"],
		state: state as FileState,
		reason: (reason as string | null) ?? undefined,
		stat: { size: Number(size), mtimeNs: mtimeNs as bigint, ctimeNs: ctimeNs as bigint, inode: inode as bigint },
		sha256: hexFromRow(sha256),
		generation: Number(generation),
		goneAt: optionalNumber(gone),
		unit: optionalNumber(unit),
		firstSeenAt: Number(first),
		changedAt: Number(changed),
	};
}
