import type { StatementSync } from "node:sqlite";
import { type Clock, systemClock } from "#core/clock.ts";
import { transient } from "#core/errors.ts";
import { logReplaced } from "#core/log-replaced.ts";
import type {
	EventLog,
	LogEvent,
	LogOffset,
	LogPartition,
	LogPosition,
	LogReader,
	LogRecord,
} from "#core/ports/event-log.ts";
import { WakeUp } from "#core/wake-up.ts";
import { filesLog } from "#domain/places.ts";
import { Database } from "./open.ts";

const migrations = [
	`CREATE TABLE event (
		"offset" INTEGER PRIMARY KEY AUTOINCREMENT,
		id TEXT NOT NULL,
		key TEXT NOT NULL,
		body TEXT NOT NULL,
		traceparent TEXT NOT NULL,
		appended_at INTEGER NOT NULL
	) STRICT`,
	// The name of this log's life: one that is made after it was lost has another.
	`CREATE TABLE log (identity TEXT NOT NULL) STRICT;
	INSERT INTO log VALUES (lower(hex(randomblob(16))))`,
];

/** How soon an append of another process is noticed; one of this process is at once. */
const lookEveryMs = 100;
/** Looked at, and trimmed, without letting others in. */
const trimmedAtOnce = 500;
const weekMs = 7 * 24 * 3600 * 1000;

/** The event log in a SQLite file of its own; any number of processes may append and read. */
export class SqliteEventLog implements EventLog, LogPartition {
	readonly name = filesLog;
	readonly partitions = [this] as const;
	readonly lapses: number = 0;
	readonly #database: Database;
	readonly #clock: Clock;
	readonly #retentionMs: number;
	readonly #appended = new WakeUp();
	readonly #insert: StatementSync;
	readonly #select: StatementSync;
	readonly #last: StatementSync;
	readonly #delete: StatementSync;
	readonly #mark: string;

	/** @throws WatchRabbitError DATABASE_* */
	constructor(file: string, options: { readonly retentionMs?: number; readonly clock?: Clock } = {}) {
		this.#clock = options.clock ?? systemClock;
		this.#retentionMs = options.retentionMs ?? weekMs;
		this.#database = new Database(file, { migrations, flush: "aside" });
		this.#insert = this.#database.prepare(
			"INSERT INTO event (id, key, body, traceparent, appended_at) VALUES (?, ?, ?, ?, ?)",
		);
		this.#select = this.#database.prepare(
			`SELECT "offset", id, key, body, traceparent, appended_at AS appendedAt FROM event WHERE "offset" > ? ORDER BY "offset" LIMIT ?`,
		);
		// The sequence remembers the last offset also when all events were trimmed.
		this.#last = this.#database.prepare("SELECT seq FROM sqlite_sequence WHERE name = 'event'");
		this.#delete = this.#database.prepare(
			`DELETE FROM event WHERE "offset" IN
			(SELECT "offset" FROM (SELECT "offset", appended_at FROM event WHERE "offset" <= ? ORDER BY "offset" LIMIT ${trimmedAtOnce})
			WHERE appended_at <= ?)`,
		);
		this.#mark = this.#database.prepare("SELECT identity FROM log").get()?.identity as string;
	}

	partitionOf(): LogPartition {
		return this;
	}

	async look(): Promise<void> {
		await this.end();
	}

	async append(events: readonly LogEvent[]): Promise<void> {
		if (events.length === 0) return;
		const now = this.#clock.now();
		this.#database.transaction(() => {
			for (const { id, key, body, traceparent } of events) this.#insert.run(id, key, body, traceparent, now);
		});
		await this.#database.flushed();
		this.#appended.ring();
	}

	open(after: LogPosition | undefined): LogReader {
		let position = after?.offset ?? 0;
		let closed = false;
		const next = (max: number) => {
			if (closed) throw readerClosed();
			if (after !== undefined && after.mark !== this.#mark) throw logReplaced(this.name, "is another log than before");
			const rows = this.#database.attempt(() => this.#select.all(position, max)) as unknown as Omit<
				LogRecord,
				"mark"
			>[];
			return rows.length === 0 ? undefined : rows.map((row): LogRecord => ({ ...row, mark: this.#mark }));
		};
		return {
			read: async (max, signal) => {
				const records = (await this.#appended.find(() => next(max), signal, lookEveryMs)) ?? [];
				position = records.at(-1)?.offset ?? position;
				return records;
			},
			close: () => {
				closed = true;
				this.#appended.ring();
			},
		};
	}

	async end(): Promise<LogOffset | undefined> {
		return this.#database.attempt(() => this.#last.get())?.seq as number | undefined;
	}

	async trim(before: LogOffset): Promise<void> {
		const olderThan = this.#clock.now() - this.#retentionMs;
		while (this.#database.attempt(() => this.#delete.run(before, olderThan)).changes === trimmedAtOnce) {
			await new Promise(setImmediate);
		}
	}

	async close(): Promise<void> {
		this.#appended.close(transient("LOG_CLOSED", `${this.#database.file} was closed`));
		await this.#database.end();
	}
}

function readerClosed() {
	return transient("LOG_CLOSED", "the reader was closed");
}
