import { createHash, type Hash } from "node:crypto";
import { type Kysely, sql } from "kysely";
import type { TableContents } from "#core/ports/catalog-store.ts";
import { canonicalJson } from "#domain/canonical-json.ts";
import type { Schema } from "./schema.ts";

export type TableName = keyof Schema;
export type Row = Readonly<Record<string, string | number | null>>;

/** Every table with its key. */
const keys: Readonly<Record<TableName, readonly string[]>> = {
	writer: ["id"],
	offsets: ["log"],
	leases: ["name"],
	acquisitions: ["id"],
	acquisition_members: ["acquisition", "position"],
	arrivals: ["event"],
	acquisition_jobs: ["acquisition", "job"],
	jobs: ["id"],
	attempts: ["job", "token"],
	history: ["seq"],
	asides: ["entity"],
	results: ["id"],
	artifacts: ["result", "position"],
	measurements: ["result", "position"],
	outcomes: ["seq"],
	outbox: ["seq"],
	strays: ["seq"],
	waiting: ["room", "key_hash", "id_hash"],
	departed: ["room", "key_hash", "id_hash"],
	audit: ["seq"],
	users: ["id"],
	api_keys: ["id"],
	sessions: ["id"],
	refresh_tokens: ["hash"],
	signing_keys: ["kid"],
	login_attempts: ["subject"],
	operations: ["id"],
	pauses: ["type", "name", "path_hash"],
};

export const tableNames = Object.keys(keys) as readonly TableName[];

const rowsAtOnce = 500;

/** All rows in the order of their key, some at a time. */
export async function* rowsOf(db: Kysely<Schema>, table: TableName): AsyncGenerator<readonly Row[]> {
	const key = keys[table];
	const columns = sql.join(key.map((column) => sql.ref(column)));
	let behind = sql`true`;
	while (true) {
		const { rows } = await sql<Row>`
			select * from ${sql.table(table)} where ${behind} order by ${columns} limit ${sql.lit(rowsAtOnce)}
		`.execute(db);
		if (rows.length > 0) yield rows;
		const last = rows.at(-1);
		if (last === undefined || rows.length < rowsAtOnce) return;
		behind = sql`(${columns}) > (${sql.join(key.map((column) => last[column]))})`;
	}
}

/** Counts and digests the rows of a table as they go by. */
export class Digest {
	readonly #table: TableName;
	readonly #hash: Hash = createHash("sha256");
	#count = 0;

	constructor(table: TableName) {
		this.#table = table;
	}

	add(row: Row): void {
		this.#count += 1;
		this.#hash.update(`${canonicalJson(row)}\n`);
	}

	/** Once, after the last row. */
	end(): TableContents {
		return { table: this.#table, count: this.#count, sha256: this.#hash.digest("hex") };
	}
}

export async function contentsOf(db: Kysely<Schema>, table: TableName): Promise<TableContents> {
	const digest = new Digest(table);
	for await (const rows of rowsOf(db, table)) for (const row of rows) digest.add(row);
	return digest.end();
}
