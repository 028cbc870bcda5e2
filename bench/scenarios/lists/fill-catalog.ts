import { type Kysely, PostgresAdapter, type RawBuilder, sql } from "kysely";
import { paramsHash } from "#catalog/param-sets.ts";
import type { Schema } from "#catalog/schema.ts";
import { captureWord } from "#domain/search-words.ts";

/** A plate that eight acquisitions are of, and one of which nobody asks. */
export const plate = "P000100";
export const oldModel = { model: "3PL" };
const newModel = { model: "4PL", weights: true };

export const start = Date.UTC(2020, 0, 1);
const minuteMs = 60_000;
/** A statement has its time. */
const rowsAtOnce = 50_000;

/** How many results there are, a minute apart: of 20 sources and 10 pipelines, 2 measurements and 2 artifacts each. */
export async function fillCatalog(db: Kysely<Schema>, results: number): Promise<void> {
	const isPostgres = db.getExecutor().adapter instanceof PostgresAdapter;
	// As much as its own connection has is too little to fill the indexes quickly.
	if (!isPostgres) await sql`pragma cache_size = -600000`.execute(db);
	const lit = (text: string) => sql.lit(text);
	const spread = sql`((i * 2654435761) % 4294967296)`;
	const hex = isPostgres ? sql`lpad(to_hex(${spread}), 8, '0')` : sql`printf('%08x', ${spread})`;
	const id = (letter: string) => sql`${lit(letter)} || ${hex} || '0123456789abcdef01234567'`;
	const padded = isPostgres ? sql`lpad((i / 8)::text, 6, '0')` : sql`printf('%06d', i / 8)`;
	const run = sql`cast(i / 96 as text)`;
	const isOfPlate = sql`i / 8 = ${sql.lit(Number(plate.slice(1)))}`;
	const at = (ms: number) => sql`${sql.lit(start)} + i * ${sql.lit(minuteMs)} + ${sql.lit(ms)}`;
	const source = sql`'source-' || (i % 20)`;
	const pipeline = sql`'pipeline-' || (i % 10)`;
	const isOld = sql`i < ${sql.lit(Math.max(100, results / 200))}`;
	const params = (old: string, now: string) => sql`case when ${isOld} then ${lit(old)} else ${lit(now)} end`;
	const hash = params(paramsHash(oldModel), paramsHash(newModel));
	const insert = async (table: string, columns: Readonly<Record<string, RawBuilder<unknown>>>) => {
		for (let from = 0; from < results; from += rowsAtOnce) {
			const [first, end] = [sql.lit(from), sql.lit(Math.min(results, from + rowsAtOnce))];
			await sql`
				insert into ${sql.table(table)} (${sql.join(Object.keys(columns).map((name) => sql.ref(name)))})
				with recursive numbers (i) as (
					select cast(${first} as bigint) union all select i + 1 from numbers where i + 1 < ${end}
				)
				select ${sql.join(Object.values(columns))} from numbers
			`.execute(db);
		}
	};
	const zero = sql`0`;
	const none = sql`null`;
	const text = (value: string) => sql`${lit(value)}`;

	await insert("acquisitions", {
		id: id("a"),
		source,
		key: sql`'run_' || ${run} || '/2026 Plate_P' || ${padded} || '_' || (i % 8) || '.csv'`,
		key_hash: hex,
		kind: text("file"),
		version: sql`1`,
		superseded_by: none,
		captures: sql`'{"plate":"P' || ${padded} || '"}'`,
		words: sql`'run ' || ${run} || ' 2026 plate p' || ${padded} || ' ' || (i % 8) || ' csv ' || case when ${isOfPlate} then ${lit(captureWord("plate", plate))} else ${lit("\ue000")} || ${padded} end`,
		incomplete: none,
		root: text("/instruments"),
		bytes: sql`1000 + ${spread} % 100000`,
		digest: hex,
		acquired_at: at(0),
		settled_at: at(2_000),
		created_at: at(3_000),
		note: none,
		traceparent: text("00-1-1-01"),
	});
	await insert("acquisition_members", {
		acquisition: id("a"),
		position: zero,
		path: sql`'run_' || ${run} || '/2026 Plate_P' || ${padded} || '_' || (i % 8) || '.csv'`,
		path_hash: hex,
		size: sql`1000`,
		sha256: hex,
		mtime_ns: text("1"),
		ctime_ns: text("1"),
		inode: text("1"),
	});
	await insert("acquisition_jobs", { acquisition: id("a"), job: id("j"), pipeline, seq: sql`i` });
	const isDead = sql`i % 200 = 199`;
	await insert("jobs", {
		id: id("j"),
		pipeline,
		source,
		pool: sql`case when i % 50 = 0 then 'large' else 'default' end`,
		state: sql`case when ${isDead} then 'dead' else 'completed' end`,
		priority: sql`4`,
		attempts_used: sql`1`,
		attempts_allowed: sql`3`,
		losses: zero,
		backoff_ms: zero,
		max_backoff_ms: zero,
		acquisition: id("a"),
		analysis_file: text("/analyses/elisa.R"),
		analysis_digest: text("d".repeat(64)),
		params: params(JSON.stringify(oldModel), JSON.stringify(newModel)),
		params_hash: hash,
		timeout_ms: zero,
		token: sql`1`,
		result: sql`case when ${isDead} then null else ${id("r")} end`,
		cause: sql`case when ${isDead} then '{"class":"permanent","code":"R_ERROR","message":"object x not found"}' else null end`,
		created_at: at(3_000),
		updated_at: at(6_000),
		traceparent: text("00-1-1-01"),
	});
	await insert("results", {
		id: id("r"),
		job: id("j"),
		pipeline,
		source,
		acquisition: id("a"),
		state: sql`case when i % 100 = 0 then 'superseded' else 'current' end`,
		params_hash: hash,
		tables: text("[]"),
		seconds: sql`(${spread} % 10000) / 1000.0`,
		completed_at: at(6_000),
		manifest_key: text("results/x/manifest.json"),
		manifest_sha256: text("m".repeat(64)),
		token: sql`1`,
	});
	const measurement = (name: string, position: number, value: RawBuilder<unknown>) =>
		insert("measurements", {
			result: id("r"),
			position: sql`${sql.lit(position)}`,
			name: text(name),
			value,
			unit: text(""),
		});
	// A bad fit is as frequent as a day on which something is wrong; what a pipeline measures alone is a tenth.
	await measurement("r2", 0, sql`case when i % 50 = 3 then 0.5 else 0.9 + (${spread} % 1000) / 10000.0 end`);
	await measurement("conc", 1, sql`(${spread} % 100000) / 100.0`);
	const artifact = (name: RawBuilder<unknown>, position: number) =>
		insert("artifacts", {
			result: id("r"),
			position: sql`${sql.lit(position)}`,
			name,
			media_type: text("text/html"),
			size: sql`1000`,
			sha256: hex,
		});
	await artifact(text("log.txt"), 0);
	await artifact(sql`'report_P' || ${padded} || '_' || (i % 8) || '.html'`, 1);
	if (!isPostgres) await sql`pragma cache_size = -4000`.execute(db);
}
