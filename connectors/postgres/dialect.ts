import {
	type DatabaseConnection,
	type DatabaseIntrospector,
	type Dialect,
	type Driver,
	type Kysely,
	PostgresAdapter,
	PostgresDriver,
	PostgresIntrospector,
	PostgresQueryCompiler,
	sql,
	type TransactionSettings,
} from "kysely";
import { fault } from "#core/errors.ts";
import type { PostgresOptions } from "./options.ts";
import { Pool } from "./pool.ts";

/**
 * Kysely over `pg`, PostgreSQL 15 and later: a pool of connections to one database, opened when they are needed and
 * closed by `destroy()`.
 *
 * - 64-bit integers are read as numbers. Above 2^53 they are wrong: keep them as text.
 * - Transactions are READ COMMITTED whatever the server's default: each statement sees what was committed before it.
 * - What a transaction, or a statement by itself, has written is on the server's disk when it resolves.
 * - Two that migrate at once do so one after the other, under an advisory lock.
 * - Errors are ours (DATABASE_UNREACHABLE, DATABASE_BUSY, ...); what PostgreSQL said is their cause.
 */
export class PgDialect implements Dialect {
	readonly #pool: Pool;

	/** @throws WatchRabbitError DATABASE_URL (permanent) */
	constructor(options: PostgresOptions) {
		this.#pool = new Pool(options);
	}

	/** What time it is there, in milliseconds since the epoch. Not after `destroy()`. */
	async serverTime(): Promise<number> {
		const client = await this.#pool.connect();
		try {
			const asked = "select (extract(epoch from clock_timestamp()) * 1000)::float8 as now";
			const [row] = (await client.query<{ now: number }>(asked, [])).rows;
			if (row === undefined) throw fault("DATABASE_FAULT", "the database knows no time");
			return row.now;
		} finally {
			client.release();
		}
	}

	createDriver(): Driver {
		return new PgDriver({ pool: this.#pool });
	}

	createQueryCompiler(): PostgresQueryCompiler {
		return new PostgresQueryCompiler();
	}

	createAdapter(): PostgresAdapter {
		return new PgAdapter(this.#pool);
	}

	createIntrospector(db: Kysely<unknown>): DatabaseIntrospector {
		return new PostgresIntrospector(db);
	}
}

class PgDriver extends PostgresDriver {
	/** A transaction that saw only what there was when it began would fail whenever it had to wait for another. */
	override beginTransaction(connection: DatabaseConnection, settings: TransactionSettings): Promise<void> {
		return super.beginTransaction(connection, {
			...settings,
			isolationLevel: settings.isolationLevel ?? "read committed",
		});
	}
}

/** A migration takes what it takes, and so does the wait for another one. */
class PgAdapter extends PostgresAdapter {
	readonly #pool: Pool;

	constructor(pool: Pool) {
		super();
		this.#pool = pool;
	}

	override async acquireMigrationLock(...given: Parameters<PostgresAdapter["acquireMigrationLock"]>): Promise<void> {
		this.#pool.patient = true;
		await sql`set statement_timeout = 0`.execute(given[0]);
		await super.acquireMigrationLock(...given);
	}

	override async releaseMigrationLock(...given: Parameters<PostgresAdapter["releaseMigrationLock"]>): Promise<void> {
		await super.releaseMigrationLock(...given);
		await sql`reset statement_timeout`.execute(given[0]);
		this.#pool.patient = false;
	}
}
