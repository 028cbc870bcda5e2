import type { SQLOutputValue, StatementSync } from "node:sqlite";
import type { Unit } from "#core/ports/ledger.ts";
import { traceOfVersion } from "#domain/acquisition.ts";
import { joined } from "./ledger-places.ts";
import { statFromRow } from "./ledger-table.ts";
import type { Database } from "./open.ts";

/** Units with a wake-up time, in its order. */
export class LedgerWaiting {
	readonly #database: Database;
	readonly #identity: string;
	readonly #due: StatementSync;
	readonly #dueOf: StatementSync;
	readonly #unit: StatementSync;
	readonly #next: StatementSync;
	readonly #nextOf: StatementSync;
	readonly #shift: StatementSync;

	constructor(database: Database, identity: string) {
		this.#database = database;
		this.#identity = identity;
		// The index alone answers: what is in flight stays due until it is concluded, and is passed over at every draw.
		this.#due = database.prepare("SELECT id FROM entry WHERE wake_at <= ? ORDER BY wake_at, looks, id LIMIT ?");
		const ofSources = `AND (SELECT s.name FROM directory d JOIN source s ON s.id = d.source WHERE d.id = directory)
			IN (SELECT value FROM json_each(?3))`;
		this.#dueOf = database.prepare(
			`SELECT id FROM entry WHERE wake_at <= ?1 ${ofSources} ORDER BY wake_at, looks, id LIMIT ?2`,
		);
		this.#nextOf = database.prepare(
			`SELECT id, wake_at FROM entry WHERE wake_at IS NOT NULL AND ?1 ${ofSources} ORDER BY wake_at, looks, id LIMIT ?2`,
		);
		this.#unit = database.prepare(
			`SELECT e.id, s.name AS source, d.path AS directory, e.name, e.kind, e.size, e.mtime_ns, e.ctime_ns, e.inode,
				e.generation, e.changed_at, e.first_seen_at, e.wake_at, e.looks,
				(SELECT traceparent FROM origin o WHERE o.unit = e.id ORDER BY o.n LIMIT 1) AS origin
			FROM entry e JOIN directory d ON d.id = e.directory JOIN source s ON s.id = d.source WHERE e.id = ?`,
			{ readBigInts: true },
		);
		this.#next = database.prepare(
			"SELECT id, wake_at FROM entry WHERE wake_at IS NOT NULL ORDER BY wake_at, looks, id LIMIT ?",
		);
		this.#shift = database.prepare("UPDATE entry SET wake_at = wake_at + ? WHERE wake_at IS NOT NULL");
	}

	due(now: number, max: number, except: ReadonlySet<number>, of?: readonly string[]): readonly Unit[] {
		return this.#database.attempt(() => {
			const most = max + except.size;
			const rowsOfIds = of ? this.#dueOf.all(now, most, JSON.stringify(of)) : this.#due.all(now, most);
			const ids = rowsOfIds.map(({ id }) => Number(id));
			const free = ids.filter((id) => !except.has(id)).slice(0, max);
			const rows = free.map((id) => this.#unit.get(id));
			return rows.filter((row) => row !== undefined).map((row) => this.#unitFrom(row));
		});
	}

	next(except: ReadonlySet<number>, of?: readonly string[]): number | undefined {
		const most = except.size + 1;
		const rows = this.#database.attempt(() =>
			of ? this.#nextOf.all(1, most, JSON.stringify(of)) : this.#next.all(most),
		);
		return rows.find((row) => !except.has(Number(row.id)))?.wake_at as number | undefined;
	}

	shift(byMs: number): void {
		this.#database.attempt(() => this.#shift.run(Math.trunc(byMs)));
	}

	#unitFrom(row: Record<string, SQLOutputValue>): Unit {
		const id = Number(row.id);
		const generation = Number(row.generation);
		const origin = typeof row.origin === "string" ? { traceparent: row.origin } : undefined;
		return {
			id,
			source: row.source as string,
			path: joined(row.directory as Uint8Array, row.name as Uint8Array),
			kind: row.kind as Unit["kind"],
			stat: statFromRow(row),
			generation,
			changedAt: Number(row.changed_at),
			firstSeenAt: Number(row.first_seen_at),
			wakeAt: Number(row.wake_at),
			looks: Number(row.looks),
			...traceOfVersion({ ledger: this.#identity, unit: id, generation }, origin),
		};
	}
}
