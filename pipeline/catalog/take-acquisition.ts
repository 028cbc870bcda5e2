import { createHash } from "node:crypto";
import type { Arrival } from "#core/ports/catalog.ts";
import { type Acquisition, contentDigest, isBefore, type Member, type Standing } from "#domain/acquisition.ts";
import { canonicalJson } from "#domain/canonical-json.ts";
import { counted } from "#domain/counted.ts";
import { displayPath } from "#domain/path.ts";
import { searchWords } from "#domain/search-words.ts";
import { insertRows } from "./insert-rows.ts";
import { nameHash, nameToColumn, proseToColumn } from "./name-column.ts";
import type { AcquisitionsTable, ArrivalsTable, MembersTable } from "./schema.ts";
import type { Turn } from "./turn.ts";

interface Version {
	readonly id: string;
	readonly version: number;
}

export interface TakenAcquisition extends Version {
	readonly fresh: boolean;
	/** The version of the same key that it took the place of. */
	readonly supersedes: string | undefined;
	/** For histories: what a person knows it by. */
	readonly name: string;
}

type Current = Pick<AcquisitionsTable, "id" | "version" | "digest" | "note" | "root" | "standing" | "settled_at">;

/** The acquisition of an arrival: the current version of its key if it is the same, else a new version. */
export async function takeAcquisition(turn: Turn, arrival: Arrival): Promise<TakenAcquisition> {
	const { acquisition, event } = arrival;
	const digest = contentDigest(acquisition.members);
	const current = await currentVersion(turn, acquisition);
	const name = displayPath(acquisition.key);
	if (current !== undefined && current.digest === digest && (await sameNames(turn, current.id, acquisition.members))) {
		await turn.db.insertInto("arrivals").values(arrivalRow(arrival, current.id)).execute();
		turn.tell(current.id, "seen again", `event ${event.id}`);
		await keepAsSeen(turn, current, arrival);
		return { id: current.id, version: current.version, fresh: false, supersedes: undefined, name };
	}
	const version = (current?.version ?? 0) + 1;
	const rows = acquisitionRows(turn, arrival, version);
	const { id } = rows.row;
	await insertRows(turn.db, "acquisitions", [rows.row]);
	await insertRows(turn.db, "acquisition_members", rows.members);
	await insertRows(turn.db, "arrivals", [rows.arrival]);
	tellAcquired(turn, rows.row, arrival);
	if (current !== undefined) await supersede(turn, current.id, id, version);
	return { id, version, fresh: true, supersedes: current?.id, name };
}

/**
 * The version that took the place of this one before it came: a log gives events of a path in another order when the
 * number of its partitions changed while they waited. The path holds that version now, and what this one was is gone.
 */
export async function successorOf(turn: Turn, { acquisition, event }: Arrival): Promise<Version | undefined> {
	const current = await currentVersion(turn, acquisition);
	if (current === undefined || current.standing === null || event.standing === undefined) return undefined;
	if (!isBefore(event.standing, JSON.parse(current.standing))) return undefined;
	// A ledger that was restored counts its generations anew, and what it tells then is news.
	if (acquisition.settledAt > current.settled_at) return undefined;
	const { id, version } = current;
	const { numInsertedOrUpdatedRows } = await turn.db
		.insertInto("arrivals")
		.values({ event: event.id, acquisition: id, awaits: null })
		.onConflict((conflict) => conflict.column("event").doNothing())
		.executeTakeFirstOrThrow();
	const isNews = numInsertedOrUpdatedRows === 1n;
	if (isNews)
		turn.tell(id, "came first", `event ${event.id} is of what was there before, and is not analysed any more`);
	return { id, version };
}

function asColumn(standing: Standing | undefined): string | null {
	return standing === undefined ? null : JSON.stringify(standing);
}

function acquisitionId({ source, key }: Acquisition, version: number): string {
	const identity = canonicalJson([source, key, version]);
	return `a${createHash("sha256").update(identity).digest("hex").slice(0, 32)}`;
}

function currentVersion(turn: Turn, { source, key }: Acquisition): Promise<Current | undefined> {
	return turn.db
		.selectFrom("acquisitions")
		.select(["id", "version", "digest", "note", "root", "standing", "settled_at"])
		.where("key_hash", "=", nameHash(key))
		.where("source", "=", source)
		.orderBy("version", "desc")
		.limit(1)
		.executeTakeFirst();
}

/** The digest says nothing of names: a folder in which a file was renamed is another version, or R is given a name that is gone. */
async function sameNames(turn: Turn, acquisition: string, members: readonly Member[]): Promise<boolean> {
	const known = await turn.db
		.selectFrom("acquisition_members")
		.select("path_hash")
		.where("acquisition", "=", acquisition)
		.orderBy("position")
		.execute();
	return (
		known.length === members.length && known.every(({ path_hash }, i) => path_hash === nameHash(members[i]?.path ?? ""))
	);
}

/** Where it was seen last: its source may have moved, and who is to read it looks there. */
async function keepAsSeen(turn: Turn, current: Current, { event, note }: Arrival): Promise<void> {
	const seen = {
		note: note === undefined ? null : proseToColumn(note),
		root: nameToColumn(event.root),
		standing: asColumn(event.standing),
	};
	if (seen.note === current.note && seen.root === current.root && seen.standing === current.standing) return;
	await turn.db.updateTable("acquisitions").set(seen).where("id", "=", current.id).execute();
}

async function supersede(turn: Turn, older: string, newer: string, version: number): Promise<void> {
	await turn.db
		.updateTable("acquisitions")
		.set({ superseded_by: newer, safe_at: null })
		.where("id", "=", older)
		.execute();
	turn.tell(older, "superseded", `by version ${version}, ${newer}`);
}

/** The rows of a new version. */
export function acquisitionRows(turn: Turn, arrival: Arrival, version: number): AcquisitionRows {
	const { acquisition, event, note } = arrival;
	const id = acquisitionId(acquisition, version);
	const row = {
		id,
		source: acquisition.source,
		key: nameToColumn(acquisition.key),
		key_hash: nameHash(acquisition.key),
		kind: acquisition.kind,
		version,
		superseded_by: null,
		captures: JSON.stringify(acquisition.captures),
		words: searchWords(acquisition).join(" "),
		incomplete: acquisition.incomplete === undefined ? null : proseToColumn(acquisition.incomplete),
		root: nameToColumn(event.root),
		bytes: acquisition.members.reduce((sum, { size }) => sum + size, 0),
		digest: contentDigest(acquisition.members),
		acquired_at: acquisition.acquiredAt,
		settled_at: acquisition.settledAt,
		created_at: turn.now,
		note: note === undefined ? null : proseToColumn(note),
		traceparent: event.traceparent,
		standing: asColumn(event.standing),
		safe_at: null,
	};
	const members = acquisition.members.map((member, position) => ({
		acquisition: id,
		position,
		path: nameToColumn(member.path),
		path_hash: nameHash(member.path),
		size: member.size,
		sha256: member.sha256,
		mtime_ns: member.mtimeNs,
		ctime_ns: member.ctimeNs,
		inode: member.inode,
	}));
	return { row, members, arrival: arrivalRow(arrival, id) };
}

function arrivalRow({ event, awaits }: Arrival, acquisition: string): ArrivalsTable {
	return { event: event.id, acquisition, awaits: awaits === undefined ? null : JSON.stringify(awaits) };
}

interface AcquisitionRows {
	readonly row: AcquisitionsTable;
	readonly members: readonly MembersTable[];
	readonly arrival: ArrivalsTable;
}

export function tellAcquired(turn: Turn, { id, version, digest }: AcquisitionsTable, { acquisition }: Arrival): void {
	const { key, members } = acquisition;
	turn.tell(id, "acquired", `${displayPath(key)}, version ${version}, ${counted(members.length, "file")}, ${digest}`);
}
