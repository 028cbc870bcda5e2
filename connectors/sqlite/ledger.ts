import type { StatementSync } from "node:sqlite";
import type {
	Conclusion,
	Ledger,
	LedgerEntry,
	LedgerPage,
	NameRange,
	Observation,
	PathLife,
	Publication,
	Unit,
} from "#core/ports/ledger.ts";
import type { Trace } from "#core/trace.ts";
import type { FileState } from "#domain/file-state.ts";
import type { PathString } from "#domain/path.ts";
import type { Burst } from "#domain/rhythm.ts";
import { LedgerBursts } from "./ledger-bursts.ts";
import { LedgerEntries } from "./ledger-entries.ts";
import { LedgerScan } from "./ledger-observe.ts";
import { LedgerOrigins } from "./ledger-origins.ts";
import { LedgerPlaces } from "./ledger-places.ts";
import { LedgerPublished } from "./ledger-published.ts";
import { identityNote, ledgerMigrations } from "./ledger-schema.ts";
import { LedgerTable } from "./ledger-table.ts";
import { LedgerTally } from "./ledger-tally.ts";
import { concluded } from "./ledger-transitions.ts";
import { LedgerWaiting } from "./ledger-waiting.ts";
import { Database } from "./open.ts";

/** The ledger in a SQLite file of its own. With `readOnly` it can be looked at beside a running `up`. */
export class SqliteLedger implements Ledger {
	readonly identity: string;
	readonly #database: Database;
	readonly #places: LedgerPlaces;
	readonly #tally: LedgerTally;
	readonly #bursts: LedgerBursts;
	readonly #table: LedgerTable;
	readonly #entries: LedgerEntries;
	readonly #waiting: LedgerWaiting;
	readonly #published: LedgerPublished;
	readonly #origins: LedgerOrigins;
	readonly #note: StatementSync;
	readonly #setNote: StatementSync;

	/** @throws WatchRabbitError DATABASE_* */
	constructor(file: string, options: { readonly readOnly?: boolean } = {}) {
		this.#database = new Database(file, { ...options, migrations: ledgerMigrations });
		this.#places = new LedgerPlaces(this.#database);
		this.#tally = new LedgerTally(this.#database);
		this.#bursts = new LedgerBursts(this.#database);
		this.#table = new LedgerTable(this.#database, this.#tally);
		this.#entries = new LedgerEntries(this.#database, this.#places);
		this.#published = new LedgerPublished(this.#database);
		this.#origins = new LedgerOrigins(this.#database, this.#table);
		this.#note = this.#database.prepare("SELECT value FROM note WHERE name = ?");
		this.#setNote = this.#database.prepare("INSERT INTO note VALUES (?1, ?2) ON CONFLICT DO UPDATE SET value = ?2");
		this.identity = this.note(identityNote) as string;
		this.#waiting = new LedgerWaiting(this.#database, this.identity);
	}

	children(source: string, directory: PathString, between?: NameRange): ReadonlyMap<string, LedgerEntry> {
		return this.#entries.children(source, directory, between);
	}

	directories(source: string, below?: PathString): IterableIterator<PathString> {
		return this.#entries.directories(source, below);
	}

	observe(source: string, changes: readonly Observation[]): void {
		this.#write(() => {
			const id = this.#places.makeSource(source);
			this.#tally.of(id);
			const changed = changes.findLast(({ kind }) => kind === "changed");
			if (changed !== undefined) this.#bursts.changed(id, changed.at);
			new LedgerScan(this.#places, this.#table, source).apply(changes);
		});
	}

	due(now: number, max: number, except: ReadonlySet<number>, of?: readonly string[]): readonly Unit[] {
		return this.#waiting.due(now, max, except, of);
	}

	nextWake(except: ReadonlySet<number>, of?: readonly string[]): number | undefined {
		return this.#waiting.next(except, of);
	}

	members(unit: number): readonly LedgerEntry[] {
		return this.#entries.members(unit);
	}

	conclude(conclusions: readonly Conclusion[]): void {
		this.#write(() => {
			for (const conclusion of conclusions) this.#conclude(conclusion);
		});
	}

	find(source: string, path: PathString): LedgerEntry | undefined {
		return this.#entries.find(source, path);
	}

	life(source: string, path: PathString): PathLife | undefined {
		return this.#entries.life(source, path);
	}

	entries(source: string, filter: { readonly states?: readonly FileState[] } = {}): IterableIterator<LedgerEntry> {
		return this.#entries.entries(source, filter.states);
	}

	page(request: LedgerPage): readonly LedgerEntry[] {
		return this.#entries.page(request);
	}

	publication(unit: number): Publication | undefined {
		return this.#published.of(unit);
	}

	cameFrom(source: string, path: PathString, origin: Trace): void {
		this.#write(() => {
			const id = this.#places.source(source);
			const place = id === undefined ? undefined : this.#places.place(id, path);
			const record = place && this.#table.at(place);
			if (record !== undefined) this.#origins.add(record, origin);
		});
	}

	origins(unit: number): readonly Trace[] {
		return this.#origins.of(unit);
	}

	unjudged(of?: readonly string[]): number {
		return this.#tally.unjudged(of);
	}

	shift(byMs: number): void {
		this.#waiting.shift(byMs);
	}

	counts(source?: string): ReadonlyMap<FileState, number> {
		return this.#tally.counts(source);
	}

	filesIn(source: string, directory: PathString): IterableIterator<number> {
		return this.#entries.filesIn(source, directory);
	}

	bursts(source: string, most = -1): readonly Burst[] {
		return this.#database.attempt(() => this.#bursts.of(source, most));
	}

	note(name: string): string | undefined {
		return this.#database.attempt(() => this.#note.get(name))?.value as string | undefined;
	}

	setNote(name: string, value: string): void {
		this.#database.attempt(() => this.#setNote.run(name, value));
	}

	close(): void {
		this.#database.close();
	}

	#conclude(conclusion: Conclusion): void {
		const record = this.#table.byId(conclusion.unit);
		if (!record || record.generation !== conclusion.generation) return;
		const source = this.#places.sourceOf(record.id);
		this.#tally.of(source);
		this.#table.replace(record, concluded(record, conclusion));
		if (!("members" in conclusion)) return;
		for (const { path, size, mtimeNs, ctimeNs, inode, sha256 } of conclusion.members) {
			const place = this.#places.place(source, path);
			const stat = { size, mtimeNs: BigInt(mtimeNs), ctimeNs: BigInt(ctimeNs), inode: BigInt(inode) };
			if (place) this.#table.settle(place, record.id, stat, sha256);
		}
	}

	#write(work: () => void): void {
		try {
			this.#database.transaction(() => {
				work();
				this.#tally.write();
			});
		} catch (error) {
			this.#tally.forget();
			this.#places.forget();
			throw error;
		}
	}
}
