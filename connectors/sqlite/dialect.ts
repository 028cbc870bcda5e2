import type { SQLInputValue, StatementSync } from "node:sqlite";
import { isUint8Array } from "node:util/types";
import {
	CompiledQuery,
	type DatabaseConnection,
	type DatabaseIntrospector,
	type Dialect,
	type Driver,
	type Kysely,
	type QueryCompiler,
	type QueryResult,
	SqliteAdapter,
	SqliteIntrospector,
	SqliteQueryCompiler,
	type TransactionSettings,
} from "kysely";
import { fault } from "#core/errors.ts";
import { Database, type OpenOptions } from "./open.ts";

/**
 * Kysely over `node:sqlite`: one connection to a file, which Kysely itself hands to one query or transaction at a time.
 *
 * - The file is opened by the first query and closed by `destroy()`.
 * - What a transaction, or a statement by itself, has written is on disk when it resolves; the thread does not wait.
 * - Transactions begin IMMEDIATE: one that reads and then writes cannot lose its snapshot to another process.
 * - Open a file once in a process: a second connection's BEGIN blocks the thread on which the first should commit.
 * - Booleans are stored as 0 and 1. Integers above 2^53 cannot be read: keep them as text.
 * - Errors are ours (DISK_FULL, DATABASE_BUSY, ...); what SQLite said is their cause.
 */
export class NodeSqliteDialect implements Dialect {
	readonly #file: string;
	readonly #options: Pick<OpenOptions, "readOnly">;

	constructor(file: string, options: Pick<OpenOptions, "readOnly"> = {}) {
		this.#file = file;
		this.#options = options;
	}

	createDriver(): Driver {
		return new NodeSqliteDriver(() => new Database(this.#file, { ...this.#options, flush: "aside" }));
	}

	createQueryCompiler(): QueryCompiler {
		return new SqliteQueryCompiler();
	}

	createAdapter(): SqliteAdapter {
		return new NodeSqliteAdapter();
	}

	createIntrospector(db: Kysely<unknown>): DatabaseIntrospector {
		return new SqliteIntrospector(db);
	}
}

/** SQLite's DDL is transactional: all pending migrations are applied in one transaction, or none. */
class NodeSqliteAdapter extends SqliteAdapter {
	override get supportsTransactionalDdl(): boolean {
		return true;
	}
}

class NodeSqliteDriver implements Driver {
	readonly #open: () => Database;
	#database: Database | undefined;
	#connection: NodeSqliteConnection | undefined;

	constructor(open: () => Database) {
		this.#open = open;
	}

	async init(): Promise<void> {
		this.#database = this.#open();
		this.#connection = new NodeSqliteConnection(this.#database);
	}

	async acquireConnection(): Promise<DatabaseConnection> {
		if (!this.#connection) throw fault("DATABASE_CLOSED", "the driver is not initialised");
		return this.#connection;
	}

	async beginTransaction(connection: DatabaseConnection, settings: TransactionSettings): Promise<void> {
		await connection.executeQuery(
			CompiledQuery.raw(settings.accessMode === "read only" ? "BEGIN DEFERRED" : "BEGIN IMMEDIATE"),
		);
	}

	async commitTransaction(connection: DatabaseConnection): Promise<void> {
		await connection.executeQuery(CompiledQuery.raw("COMMIT"));
		await this.#database?.flushed();
	}

	async rollbackTransaction(): Promise<void> {
		this.#database?.rollback();
	}

	async savepoint(connection: DatabaseConnection, name: string): Promise<void> {
		await connection.executeQuery(CompiledQuery.raw(`SAVEPOINT ${quoted(name)}`));
	}

	async rollbackToSavepoint(connection: DatabaseConnection, name: string): Promise<void> {
		await connection.executeQuery(CompiledQuery.raw(`ROLLBACK TO ${quoted(name)}`));
	}

	async releaseSavepoint(connection: DatabaseConnection, name: string): Promise<void> {
		await connection.executeQuery(CompiledQuery.raw(`RELEASE ${quoted(name)}`));
	}

	async releaseConnection(): Promise<void> {}

	async destroy(): Promise<void> {
		this.#connection = undefined;
		await this.#database?.end();
	}
}

/** More distinct statements than the catalog has; beyond it the longest unused one is prepared again when it is needed. */
const cachedStatements = 500;
/** Characters. A longer one is of many rows, each time of another number, and as large as its text when it is prepared. */
const longestCached = 4_000;

interface Statement {
	readonly statement: StatementSync;
	/** Asked once: the answer describes every column, and costs more than most statements. */
	readonly givesRows: boolean;
}

function asStatement(statement: StatementSync): Statement {
	return { statement, givesRows: statement.columns().length > 0 };
}

class NodeSqliteConnection implements DatabaseConnection {
	readonly #database: Database;
	readonly #statements = new Map<string, Statement>();

	constructor(database: Database) {
		this.#database = database;
	}

	async executeQuery<R>(query: CompiledQuery): Promise<QueryResult<R>> {
		const result = this.#execute<R>(query);
		const wroteAlone = result.numAffectedRows !== undefined && !this.#database.isTransaction;
		if (wroteAlone && query.sql !== "COMMIT") await this.#database.flushed();
		return result;
	}

	#execute<R>(query: CompiledQuery): QueryResult<R> {
		return this.#database.attempt(() => {
			const { statement, givesRows } = this.#prepare(query.sql);
			const parameters = query.parameters.map(bindable);
			if (givesRows) return { rows: statement.all(...parameters) as R[] };
			const { changes, lastInsertRowid } = statement.run(...parameters);
			return { rows: [], numAffectedRows: BigInt(changes), insertId: BigInt(lastInsertRowid) };
		});
	}

	async *streamQuery<R>(query: CompiledQuery, chunkSize: number): AsyncIterableIterator<QueryResult<R>> {
		// Not from the cache: the statement stays open between two chunks.
		const rows = this.#database.prepare(query.sql).iterate(...query.parameters.map(bindable));
		let chunk: R[] = [];
		while (true) {
			const next = this.#database.attempt(() => rows.next());
			if (next.done) break;
			chunk.push(next.value as R);
			if (chunk.length < chunkSize) continue;
			yield { rows: chunk };
			chunk = [];
		}
		if (chunk.length > 0) yield { rows: chunk };
	}

	#prepare(sql: string): Statement {
		if (sql.length > longestCached) return asStatement(this.#database.prepare(sql));
		const cached = this.#statements.get(sql);
		const statement = cached ?? asStatement(this.#database.prepare(sql));
		if (cached) this.#statements.delete(sql);
		else if (this.#statements.size >= cachedStatements) {
			for (const oldest of this.#statements.keys()) {
				this.#statements.delete(oldest);
				break;
			}
		}
		this.#statements.set(sql, statement);
		return statement;
	}
}

function bindable(value: unknown): SQLInputValue {
	if (value === null || value === undefined) return null;
	if (typeof value === "boolean") return value ? 1 : 0;
	if (typeof value === "string" || typeof value === "number" || typeof value === "bigint") return value;
	if (isUint8Array(value)) return value;
	throw fault("DATABASE_PARAMETER", `a ${typeof value} cannot be stored: make it text or bytes first`);
}

function quoted(identifier: string): string {
	return `"${identifier.replaceAll('"', '""')}"`;
}
