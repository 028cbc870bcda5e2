import type { CreateTableBuilder, Kysely } from "kysely";
import { textType } from "./text-type.ts";

/** The catalog as first released. */
export async function up(db: Kysely<unknown>): Promise<void> {
	await createInternals(db);
	await createAcquisitions(db);
	await createJobs(db);
	await createResults(db);
	await createQueues(db);
}

type Column = "text" | "integer" | "bigint" | "double precision" | "text?" | "bigint?" | "double precision?";

/** A question mark allows null. */
function table(db: Kysely<unknown>, name: string, columns: Readonly<Record<string, Column>>) {
	const text = textType(db);
	let builder: CreateTableBuilder<string, string> = db.schema.createTable(name);
	for (const [column, type] of Object.entries(columns)) {
		const nullable = type.endsWith("?");
		const dataType = type.replace("?", "") as "text" | "integer" | "bigint" | "double precision";
		builder = builder.addColumn(column, dataType === "text" ? text : dataType, (definition) =>
			nullable ? definition : definition.notNull(),
		);
	}
	return {
		key: (...key: string[]) => builder.addPrimaryKeyConstraint(`${name}_pk`, key as never[]).execute(),
	};
}

async function index(db: Kysely<unknown>, on: string, columns: readonly string[], unique = false): Promise<void> {
	const builder = db.schema
		.createIndex(`${on}_by_${columns.join("_")}`)
		.on(on)
		.columns([...columns]);
	await (unique ? builder.unique() : builder).execute();
}

async function createInternals(db: Kysely<unknown>): Promise<void> {
	await table(db, "writer", { id: "integer", turn: "bigint" }).key("id");
	await (db as Kysely<{ writer: { id: number; turn: number } }>)
		.insertInto("writer")
		.values({ id: 1, turn: 0 })
		.execute();
	await table(db, "offsets", { log: "text", position: "bigint" }).key("log");
	await table(db, "history", { seq: "bigint", at: "bigint", entity: "text", what: "text", detail: "text" }).key("seq");
	await index(db, "history", ["entity", "seq"]);
	await table(db, "leases", { name: "text", owner: "text?", token: "bigint", until: "bigint" }).key("name");
}

async function createAcquisitions(db: Kysely<unknown>): Promise<void> {
	await table(db, "acquisitions", {
		id: "text",
		source: "text",
		key: "text",
		key_hash: "text",
		kind: "text",
		version: "integer",
		superseded_by: "text?",
		captures: "text",
		incomplete: "text?",
		root: "text",
		bytes: "bigint",
		digest: "text",
		acquired_at: "bigint",
		settled_at: "bigint",
		created_at: "bigint",
		note: "text?",
		traceparent: "text",
	}).key("id");
	await index(db, "acquisitions", ["key_hash", "source", "version"], true);
	await index(db, "acquisitions", ["created_at", "id"]);
	await index(db, "acquisitions", ["source", "created_at", "id"]);
	await index(db, "acquisitions", ["digest"]);

	await table(db, "acquisition_members", {
		acquisition: "text",
		position: "integer",
		path: "text",
		path_hash: "text",
		size: "bigint",
		sha256: "text",
		mtime_ns: "text",
		ctime_ns: "text",
		inode: "text",
	}).key("acquisition", "position");
	await index(db, "acquisition_members", ["path_hash"]);

	await table(db, "arrivals", { event: "text", acquisition: "text" }).key("event");
	await table(db, "acquisition_jobs", { acquisition: "text", job: "text", pipeline: "text", seq: "bigint" }).key(
		"acquisition",
		"job",
	);
	await index(db, "acquisition_jobs", ["job", "seq"]);
}

async function createJobs(db: Kysely<unknown>): Promise<void> {
	await table(db, "jobs", {
		id: "text",
		pipeline: "text",
		source: "text",
		pool: "text",
		state: "text",
		priority: "integer",
		attempts_used: "integer",
		attempts_allowed: "integer",
		losses: "integer",
		backoff_ms: "bigint",
		max_backoff_ms: "bigint",
		wake_at: "bigint?",
		acquisition: "text",
		analysis_file: "text",
		analysis_digest: "text",
		params: "text",
		timeout_ms: "bigint",
		lease_owner: "text?",
		token: "bigint",
		result: "text?",
		cause: "text?",
		created_at: "bigint",
		updated_at: "bigint",
		traceparent: "text",
	}).key("id");
	await index(db, "jobs", ["created_at", "id"]);
	await index(db, "jobs", ["source", "created_at", "id"]);
	await index(db, "jobs", ["pipeline", "created_at", "id"]);
	await index(db, "jobs", ["state", "created_at", "id"]);
	await index(db, "jobs", ["wake_at"]);

	await table(db, "attempts", {
		job: "text",
		token: "bigint",
		seq: "bigint",
		number: "integer",
		worker: "text",
		started_at: "bigint",
		ended_at: "bigint?",
		outcome: "text?",
		cause: "text?",
		log: "text?",
		seconds: "double precision?",
	}).key("job", "token");
}

async function createResults(db: Kysely<unknown>): Promise<void> {
	await table(db, "results", {
		id: "text",
		job: "text",
		pipeline: "text",
		source: "text",
		acquisition: "text",
		state: "text",
		superseded_by: "text?",
		tables: "text",
		seconds: "double precision",
		completed_at: "bigint",
		manifest_key: "text",
		manifest_sha256: "text",
		token: "bigint",
	}).key("id");
	await index(db, "results", ["completed_at", "id"]);
	await index(db, "results", ["source", "completed_at", "id"]);
	await index(db, "results", ["pipeline", "completed_at", "id"]);
	await index(db, "results", ["state", "completed_at", "id"]);
	await index(db, "results", ["job"]);
	await index(db, "results", ["acquisition"]);

	await table(db, "artifacts", {
		result: "text",
		position: "integer",
		name: "text",
		media_type: "text",
		size: "bigint",
		sha256: "text",
	}).key("result", "position");
	await index(db, "artifacts", ["sha256"]);

	await table(db, "measurements", {
		result: "text",
		position: "integer",
		name: "text",
		value: "double precision?",
		text: "text?",
		unit: "text",
	}).key("result", "position");
	await index(db, "measurements", ["name", "result"]);
}

async function createQueues(db: Kysely<unknown>): Promise<void> {
	await table(db, "outcomes", {
		seq: "bigint",
		at: "bigint",
		acquisition: "text",
		kind: "text",
		detail: "text",
		again_at: "bigint?",
	}).key("seq");
	await table(db, "outbox", {
		seq: "bigint",
		pool: "text",
		job: "text",
		priority: "integer",
		traceparent: "text",
	}).key("seq");
	await index(db, "outbox", ["job"]);
	await table(db, "strays", { seq: "bigint", job: "text", token: "bigint" }).key("seq");
	await table(db, "waiting", {
		room: "text",
		key_hash: "text",
		id_hash: "text",
		seq: "bigint",
		key: "text",
		id: "text",
		value: "text",
		since: "bigint",
		due_at: "bigint",
		passed: "integer",
	}).key("room", "key_hash", "id_hash");
	await index(db, "waiting", ["room", "passed", "due_at"]);
}
