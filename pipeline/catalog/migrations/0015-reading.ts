import { type Kysely, PostgresAdapter, sql } from "kysely";
import { searchWords } from "#domain/search-words.ts";
import { nameFromColumn } from "../name-column.ts";
import { paramsHash } from "../param-sets.ts";
import { textType } from "./text-type.ts";

interface Before {
	acquisitions: { id: string; key: string; captures: string; words: string };
	jobs: { id: string; params: string; params_hash: string };
	results: { job: string; params_hash: string };
}

/** What is asked of the catalog by more than its own time has an index. */
export async function up(db: Kysely<unknown>): Promise<void> {
	const text = textType(db);
	const columns = { acquisitions: "words", jobs: "params_hash", results: "params_hash" };
	for (const [table, column] of Object.entries(columns)) {
		await db.schema
			.alterTable(table)
			.addColumn(column, text, (definition) => definition.notNull().defaultTo(""))
			.execute();
	}
	await fillWords(db as Kysely<Before>);
	await fillParams(db as Kysely<Before>);
	for (const statement of [
		// The rows of a source or pipeline in order of time, current and superseded ones apart.
		"drop index results_by_source_completed_at_id",
		"drop index results_by_pipeline_completed_at_id",
		"create index results_by_source on results (source, state, completed_at, id)",
		"create index results_by_pipeline on results (pipeline, state, completed_at, id)",
		"create index results_by_params on results (params_hash, completed_at, id)",
		"create index results_by_seconds on results (seconds, id)",
		"create index jobs_by_pool on jobs (pool, created_at, id)",
		"create index jobs_by_params on jobs (params_hash, created_at, id)",
		"create index jobs_with_cause on jobs (created_at, id) where cause is not null",
		"create index acquisitions_by_acquired on acquisitions (acquired_at, id)",
		"create index acquisitions_by_settled on acquisitions (settled_at, id)",
		"create index acquisitions_by_bytes on acquisitions (bytes, id)",
		"create index acquisitions_by_key on acquisitions (substr(key, 1, 200), id)",
		"create index artifacts_by_name on artifacts (substr(name, 1, 200), result, position)",
		"drop index measurements_by_name_result",
		"create index measurements_by_name on measurements (name, value, result, position)",
		...(db.getExecutor().adapter instanceof PostgresAdapter ? wordsOfPostgres : wordsOfSqlite),
	]) {
		await sql.raw(statement).execute(db);
	}
}

const wordsOfPostgres = [
	"create index acquisitions_by_words on acquisitions using gin (array_to_tsvector(string_to_array(words, ' ')))",
];

/** Only which acquisition has a word, not where. What parts the words is decided before: everything but a space belongs to one. */
const wordsOfSqlite = [
	`create virtual table acquisition_words using fts5 (
		words, id unindexed, tokenize = 'ascii', detail = 'none', columnsize = 0
	)`,
	"insert into acquisition_words (words, id) select words, id from acquisitions order by created_at, id",
	`create trigger acquisition_named after insert on acquisitions begin
		insert into acquisition_words (words, id) values (new.words, new.id);
	end`,
];

const rowsAtOnce = 500;

async function fillWords(db: Kysely<Before>): Promise<void> {
	for (let after = ""; ; ) {
		const rows = await db
			.selectFrom("acquisitions")
			.select(["id", "key", "captures"])
			.where("id", ">", after)
			.orderBy("id")
			.limit(rowsAtOnce)
			.execute();
		const last = rows.at(-1);
		if (last === undefined) return;
		after = last.id;
		const filled = rows.map(({ id, key, captures }) => {
			const words = searchWords({ key: nameFromColumn(key), captures: JSON.parse(captures) });
			return sql`(${id}, ${words.join(" ")})`;
		});
		await sql`
			update acquisitions set words = filled.column2 from (values ${sql.join(filled)}) as filled
			where acquisitions.id = filled.column1
		`.execute(db);
	}
}

/** There are as many as ways in which pipelines were configured. */
async function fillParams(db: Kysely<Before>): Promise<void> {
	const sets = await db.selectFrom("jobs").select("params").distinct().execute();
	for (const { params } of sets) {
		await db
			.updateTable("jobs")
			.set({ params_hash: paramsHash(JSON.parse(params)) })
			.where("params", "=", params)
			.execute();
	}
	await sql`update results set params_hash = jobs.params_hash from jobs where jobs.id = results.job`.execute(db);
}
