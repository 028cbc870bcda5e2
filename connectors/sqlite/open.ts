import { existsSync, mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { DatabaseSync, type PrepareOptions, type StatementSync } from "node:sqlite";
import { permanent } from "#core/errors.ts";
import { sqliteError } from "./sqlite-error.ts";
import { WalFlush } from "./wal-flush.ts";

export interface OpenOptions {
	/** One script a version, forward only: `PRAGMA user_version` says how many of them were applied. Undefined: somebody else migrates. */
	readonly migrations?: readonly string[];
	/** To look beside a running `up`: never creates, never migrates, never writes. */
	readonly readOnly?: boolean;
	/**
	 * `inline` (default): a commit is on disk when it returns, and the thread waits for the disk. `aside`: it is on disk
	 * when `flushed()` resolves, and nobody waits who does not have to.
	 */
	readonly flush?: "inline" | "aside";
}

/** How long another process (a command beside `up`) may hold the file before a call fails. */
const busyTimeoutMs = 10_000;

/**
 * A database file as every adapter here uses it: write-ahead log, so that commands read beside a running `up`;
 * `synchronous=FULL`, so that what was acknowledged survives a power cut. A transaction that fails, a full disk
 * included, leaves nothing behind, and the same connection works again once its cause is gone.
 */
export class Database {
	readonly file: string;
	readonly #connection: DatabaseSync;
	readonly #begin: StatementSync;
	readonly #commit: StatementSync;
	readonly #walFlush: WalFlush | undefined;

	/** @throws WatchRabbitError DATABASE_* (permanent, or transient where waiting helps), DISK_FULL (transient) */
	constructor(file: string, options: OpenOptions = {}) {
		this.file = file;
		const readOnly = options.readOnly ?? false;
		this.#connection = connect(file, readOnly);
		try {
			const aside = !readOnly && options.flush === "aside";
			if (!readOnly) prepareForWriting(this.#connection, file, aside ? "NORMAL" : "FULL");
			this.#walFlush = aside ? new WalFlush(file) : undefined;
			if (options.migrations) migrate(this.#connection, file, options.migrations, readOnly);
			this.#begin = this.#connection.prepare("BEGIN IMMEDIATE");
			this.#commit = this.#connection.prepare("COMMIT");
		} catch (error) {
			this.#connection.close();
			throw sqliteError(error, file);
		}
	}

	prepare(sql: string, options?: PrepareOptions): StatementSync {
		return this.attempt(() => this.#connection.prepare(sql, options));
	}

	/** Runs what reads, or a single statement that writes, with errors told as ours. */
	attempt<T>(work: () => T): T {
		try {
			return work();
		} catch (error) {
			throw sqliteError(error, this.file);
		}
	}

	get isTransaction(): boolean {
		return this.#connection.isOpen && this.#connection.isTransaction;
	}

	/** Resolves when everything that was committed is on disk. */
	async flushed(): Promise<void> {
		try {
			await this.#walFlush?.flushed();
		} catch (error) {
			throw sqliteError(error, this.file);
		}
	}

	/** All or nothing, and durable when it returns (or `flushed()` resolves). */
	transaction<T>(work: () => T): T {
		return this.attempt(() => {
			this.#begin.run();
			try {
				const result = work();
				this.#commit.run();
				return result;
			} catch (error) {
				this.rollback();
				throw error;
			}
		});
	}

	/** Ends a transaction without a trace; SQLite may have done so by itself (disk full), which is no error. */
	rollback(): void {
		if (this.#connection.isOpen && this.#connection.isTransaction) this.#connection.exec("ROLLBACK");
	}

	/** Closing twice is no error. With `aside`, waits for a flush under way. */
	async end(): Promise<void> {
		await this.#walFlush?.close();
		this.close();
	}

	/** For `inline`. Closing twice is no error. */
	close(): void {
		if (this.#connection.isOpen) this.#connection.close();
	}
}

function connect(file: string, readOnly: boolean): DatabaseSync {
	if (readOnly && !existsSync(file)) {
		throw permanent("DATABASE_MISSING", `there is no ${file}`, {
			fix: "Start `watchrabbit up` with this configuration once; it creates the file.",
		});
	}
	if (!readOnly) mkdirSync(dirname(file), { recursive: true });
	try {
		return new DatabaseSync(file, { readOnly, timeout: busyTimeoutMs, enableForeignKeyConstraints: true });
	} catch (error) {
		throw sqliteError(error, file);
	}
}

function prepareForWriting(connection: DatabaseSync, file: string, synchronous: "NORMAL" | "FULL"): void {
	const mode = connection.prepare("PRAGMA journal_mode = WAL").get()?.journal_mode;
	if (mode !== "wal") {
		throw permanent("DATABASE_NO_WAL", `${file} lies where SQLite cannot keep a write-ahead log`, {
			fix: "Put the data directory on a local disk (`data:` in the configuration).",
		});
	}
	connection.exec(
		`PRAGMA synchronous = ${synchronous}; PRAGMA journal_size_limit = 67108864; PRAGMA cache_size = -4000`,
	);
}

function migrate(connection: DatabaseSync, file: string, migrations: readonly string[], readOnly: boolean): void {
	const version = () => Number(connection.prepare("PRAGMA user_version").get()?.user_version);
	if (version() > migrations.length) {
		throw permanent("DATABASE_NEWER", `${file} was written by a newer watchrabbit (schema ${version()})`, {
			fix: "Install that version again, or a later one: there is no way back.",
		});
	}
	if (version() === migrations.length) return;
	if (readOnly) {
		throw permanent("DATABASE_OLDER", `${file} was written by an older watchrabbit (schema ${version()})`, {
			fix: "Start `watchrabbit up` with this configuration once; it brings the file up to date.",
		});
	}
	connection.exec("BEGIN IMMEDIATE");
	try {
		for (const migration of migrations.slice(version())) connection.exec(migration);
		connection.exec(`PRAGMA user_version = ${migrations.length}; COMMIT`);
	} catch (error) {
		if (connection.isTransaction) connection.exec("ROLLBACK");
		throw error;
	}
}
