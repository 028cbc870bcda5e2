import type { PostgresPool, PostgresPoolClient } from "kysely";
import { Pool as PgPool, type PoolClient } from "pg";
import { permanent } from "#core/errors.ts";
import { clientConfig, longestAnswerMs, type PostgresOptions, placeOf } from "./options.ts";
import { endsSession, postgresError } from "./postgres-error.ts";

/** Below it nothing was tried. */
const oldestVersion = 15;

/**
 * Statements of ours ask for few rows, by an index. The server cannot know: a table that is new to it is empty, to be
 * read whole or hashed, and that plan stays until it looks at the table by itself, about a minute after it began to fill.
 * For few rows starting workers takes longer than reading them.
 */
const planning = {
	enable_seqscan: "off",
	enable_hashjoin: "off",
	enable_mergejoin: "off",
	jit: "off",
	max_parallel_workers_per_gather: "0",
};
const plannedSo = Object.entries(planning).map(([name, value]) => `set_config('${name}', '${value}', false)`);

/**
 * The pool as Kysely's dialect for PostgreSQL uses one.
 *
 * - Every error is one of ours.
 * - A connection that broke, or on which an answer never came, is not used again.
 * - A server that is too old, and a database that cannot keep every text, is refused on each new connection: after a
 *   failover it may be another one.
 */
export class Pool implements PostgresPool {
	readonly options: object;
	readonly #pool: PgPool;
	readonly #place: string;
	readonly #longestAnswerMs: number;
	readonly #clients = new WeakMap<PoolClient, Client>();
	readonly #statements = new StatementNames();
	#patient = false;

	/** @throws WatchRabbitError DATABASE_URL (permanent) */
	constructor(options: PostgresOptions) {
		this.#place = placeOf(options);
		this.#longestAnswerMs = longestAnswerMs(options);
		const config = clientConfig(options);
		this.#pool = new PgPool({ ...config, max: options.maxConnections ?? 10, idleTimeoutMillis: 30_000 });
		this.options = this.#pool.options;
		// A connection that breaks while nobody uses it is replaced when it is needed; one in use tells who uses it.
		this.#pool.on("error", () => {});
		this.#pool.on("connect", (client) => client.on("error", () => {}));
	}

	/** While patient, an answer may take any time: for migrations. */
	set patient(patient: boolean) {
		this.#patient = patient;
	}

	async connect(): Promise<PostgresPoolClient> {
		try {
			const pooled = await this.#pool.connect();
			const known = this.#clients.get(pooled);
			if (known !== undefined) return known;
			const client = new Client(pooled, this.#place, this.#statements, () =>
				this.#patient ? undefined : this.#longestAnswerMs,
			);
			await client.begin();
			this.#clients.set(pooled, client);
			return client;
		} catch (thrown) {
			throw postgresError(thrown, this.#place);
		}
	}

	async end(): Promise<void> {
		await this.#pool.end();
	}
}

class Client implements PostgresPoolClient {
	readonly #client: PoolClient;
	readonly #place: string;
	readonly #statements: StatementNames;
	readonly #longestAnswerMs: () => number | undefined;
	#broken = false;

	constructor(
		client: PoolClient,
		place: string,
		statements: StatementNames,
		longestAnswerMs: () => number | undefined,
	) {
		this.#client = client;
		this.#place = place;
		this.#statements = statements;
		this.#longestAnswerMs = longestAnswerMs;
	}

	readonly query: PostgresPoolClient["query"] = (async (text: string, values: readonly unknown[] = []) => {
		const query = {
			text,
			values: [...values],
			name: this.#statements.nameOf(text),
			query_timeout: this.#longestAnswerMs(),
		};
		try {
			return await this.#client.query(query);
		} catch (thrown) {
			const error = postgresError(thrown, this.#place);
			this.#broken ||= endsSession(error);
			throw error;
		}
	}) as unknown as PostgresPoolClient["query"];

	release(destroy = false): void {
		this.#client.release(destroy || this.#broken);
	}

	/** Releases the connection if it fails. */
	async begin(): Promise<void> {
		try {
			const { rows } = await this.#client.query<{ version: string; encoding: string }>(
				`select current_setting('server_version') as version, current_setting('server_encoding') as encoding, ${plannedSo}`,
			);
			for (const row of rows) refuse(row, this.#place);
		} catch (thrown) {
			this.release(true);
			throw thrown;
		}
	}
}

function refuse({ version, encoding }: { readonly version: string; readonly encoding: string }, place: string): void {
	if (Number.parseInt(version, 10) < oldestVersion) {
		throw permanent("DATABASE_TOO_OLD", `${place} is PostgreSQL ${version}`, {
			fix: `Use PostgreSQL ${oldestVersion} or later.`,
			unusable: true,
		});
	}
	if (encoding !== "UTF8") {
		throw permanent("DATABASE_ENCODING", `${place} keeps text as ${encoding}, in which not every name can be written`, {
			fix: "Create the database anew: createdb --template template0 --encoding UTF8 NAME.",
			unusable: true,
		});
	}
}

/** More than the catalog has; a connection remembers that many at most. */
const mostNames = 300;
/** Longer ones insert some number of rows, and are hardly ever seen again. */
const longestNamed = 2_000;

/** A statement that comes again is named: the server then parses and plans it once a connection, which costs most of it. */
class StatementNames {
	readonly #seen = new Map<string, number>();
	#count = 0;

	nameOf(text: string): string | undefined {
		const number = this.#seen.get(text);
		if (number !== undefined && number > 0) return `watchrabbit_${number}`;
		if (text.length > longestNamed || this.#count >= mostNames) return undefined;
		if (number === undefined) {
			if (this.#seen.size < 10 * mostNames) this.#seen.set(text, 0);
			return undefined;
		}
		this.#count += 1;
		this.#seen.set(text, this.#count);
		return `watchrabbit_${this.#count}`;
	}
}
