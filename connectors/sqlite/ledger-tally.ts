import type { StatementSync } from "node:sqlite";
import { type FileState, fileStates } from "#domain/file-state.ts";
import type { LedgerRecord } from "./ledger-record.ts";
import type { Database } from "./open.ts";

/** What is new is there, and has no member yet. */
type Counted = Pick<LedgerRecord, "kind" | "state" | "wakeAt" | "looks"> &
	Partial<Pick<LedgerRecord, "goneAt" | "present">>;

const unjudged = "unjudged";

/**
 * How many files are in each state, and how many units were never judged in their present version. It is written in the
 * transaction of what changed it, so that asking reads a few rows, however many files there are.
 */
export class LedgerTally {
	readonly #database: Database;
	readonly #add: StatementSync;
	readonly #all: StatementSync;
	/** Of the transaction under way. */
	readonly #changes = new Map<string, number>();

	constructor(database: Database) {
		this.#database = database;
		this.#add = database.prepare("INSERT INTO tally VALUES (?1, ?2) ON CONFLICT DO UPDATE SET n = n + ?2");
		this.#all = database.prepare("SELECT name, n FROM tally WHERE n > 0 ORDER BY name");
	}

	/** A record took the place of another, or is new. */
	changed(before: Counted | undefined, after: Counted): void {
		if (before !== undefined) this.#count(before, -1);
		this.#count(after, 1);
	}

	/** The last step of a transaction. */
	write(): void {
		for (const [name, n] of this.#changes) if (n !== 0) this.#add.run(name, n);
		this.#changes.clear();
	}

	/** The transaction was taken back. */
	forget(): void {
		this.#changes.clear();
	}

	/** Files that are there: files of their own and members, each once; a folder itself is none. */
	counts(): ReadonlyMap<FileState, number> {
		const told = this.#read();
		return new Map(fileStates.flatMap((state) => (told.has(state) ? [[state, told.get(state) as number]] : [])));
	}

	unjudged(): number {
		return this.#read().get(unjudged) ?? 0;
	}

	#count(record: Counted, sign: 1 | -1): void {
		this.#change(record.state, sign * files(record));
		if (record.wakeAt !== undefined && record.looks === 0) this.#change(unjudged, sign);
	}

	#change(name: string, by: number): void {
		if (by !== 0) this.#changes.set(name, (this.#changes.get(name) ?? 0) + by);
	}

	#read(): ReadonlyMap<string, number> {
		const rows = this.#database.attempt(() => this.#all.all());
		return new Map(rows.map(({ name, n }) => [String(name), Number(n)]));
	}
}

/** A member is in the state of its folder, and counted there. */
function files({ kind, goneAt, present = 0 }: Counted): number {
	if (kind === "folder") return present;
	return kind === "file" && goneAt === undefined ? 1 : 0;
}
