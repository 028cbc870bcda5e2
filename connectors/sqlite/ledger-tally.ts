import type { SQLOutputValue, StatementSync } from "node:sqlite";
import { type FileState, fileStates } from "#domain/file-state.ts";
import type { LedgerRecord } from "./ledger-record.ts";
import type { Database } from "./open.ts";

/** What is new is there, and has no member yet. */
type Counted = Pick<LedgerRecord, "kind" | "state" | "wakeAt" | "looks"> &
	Partial<Pick<LedgerRecord, "goneAt" | "present">>;

type Row = Readonly<Record<string, SQLOutputValue>>;

const unjudged = "unjudged";

/**
 * How many files of each source are in each state, and how many units were never judged in their present version. It is written in the
 * transaction of what changed it, so that asking reads a few rows, however many files there are.
 */
export class LedgerTally {
	readonly #database: Database;
	readonly #add: StatementSync;
	readonly #all: StatementSync;
	readonly #one: StatementSync;
	/** Of the transaction under way, by source. */
	readonly #changes = new Map<number, Map<string, number>>();
	#source = 0;

	constructor(database: Database) {
		this.#database = database;
		this.#add = database.prepare("INSERT INTO tally VALUES (?1, ?2, ?3) ON CONFLICT DO UPDATE SET n = n + ?3");
		this.#all = database.prepare(
			"SELECT s.name AS source, tally.name, n FROM tally CROSS JOIN source s ON s.id = tally.source",
		);
		this.#one = database.prepare(
			"SELECT s.name AS source, tally.name, n FROM source s CROSS JOIN tally ON tally.source = s.id WHERE s.name = ?",
		);
	}

	/** What changes from now on is of this source. */
	of(source: number): void {
		this.#source = source;
	}

	/** A record took the place of another, or is new. */
	changed(before: Counted | undefined, after: Counted): void {
		if (before !== undefined) this.#count(before, -1);
		this.#count(after, 1);
	}

	/** The last step of a transaction. */
	write(): void {
		for (const [source, changes] of this.#changes) {
			for (const [name, n] of changes) if (n !== 0) this.#add.run(source, name, n);
		}
		this.#changes.clear();
	}

	/** The transaction was taken back. */
	forget(): void {
		this.#changes.clear();
	}

	/** Files that are there: files of their own and members, each once; a folder itself is none. */
	counts(source?: string): ReadonlyMap<FileState, number> {
		const told = this.#summed(() => (source === undefined ? this.#all.all() : this.#one.all(source)));
		return new Map(fileStates.flatMap((state) => (told.has(state) ? [[state, told.get(state) as number]] : [])));
	}

	unjudged(of?: readonly string[]): number {
		const ours = (rows: readonly Row[]) => rows.filter(({ source }) => of?.includes(String(source)) ?? true);
		return this.#summed(() => ours(this.#all.all())).get(unjudged) ?? 0;
	}

	#count(record: Counted, sign: 1 | -1): void {
		this.#change(record.state, sign * files(record));
		if (record.wakeAt !== undefined && record.looks === 0) this.#change(unjudged, sign);
	}

	#change(name: string, by: number): void {
		if (by === 0) return;
		const changes = this.#changes.get(this.#source) ?? new Map<string, number>();
		this.#changes.set(this.#source, changes.set(name, (changes.get(name) ?? 0) + by));
	}

	#summed(read: () => readonly Row[]): ReadonlyMap<string, number> {
		const sums = new Map<string, number>();
		for (const { name, n } of this.#database.attempt(read)) {
			if (Number(n) > 0) sums.set(String(name), (sums.get(String(name)) ?? 0) + Number(n));
		}
		return sums;
	}
}

/** A member is in the state of its folder, and counted there. */
function files({ kind, goneAt, present = 0 }: Counted): number {
	if (kind === "folder") return present;
	return kind === "file" && goneAt === undefined ? 1 : 0;
}
