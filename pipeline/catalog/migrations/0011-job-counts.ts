import { type Kysely, PostgresAdapter, sql } from "kysely";

/**
 * How many jobs are in each state, of each pool and pipeline: changed with the jobs themselves, so that counting is reading a
 * few rows. Where a server counts, and locks rows one by one, there is none: whoever moves a job would wait for its row.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
	if (db.getExecutor().adapter instanceof PostgresAdapter) return;
	const add =
		"INSERT INTO job_counts VALUES (NEW.state, NEW.pool, NEW.pipeline, 1) ON CONFLICT DO UPDATE SET jobs = jobs + 1";
	const remove =
		"UPDATE job_counts SET jobs = jobs - 1 WHERE state = OLD.state AND pool = OLD.pool AND pipeline = OLD.pipeline";
	for (const statement of [
		`CREATE TABLE job_counts (
			state TEXT NOT NULL, pool TEXT NOT NULL, pipeline TEXT NOT NULL, jobs INTEGER NOT NULL,
			PRIMARY KEY (state, pool, pipeline)
		) WITHOUT ROWID`,
		"INSERT INTO job_counts SELECT state, pool, pipeline, count(*) FROM jobs GROUP BY state, pool, pipeline",
		`CREATE TRIGGER job_made AFTER INSERT ON jobs BEGIN ${add}; END`,
		`CREATE TRIGGER job_moved AFTER UPDATE OF state, pool, pipeline ON jobs BEGIN ${remove}; ${add}; END`,
		`CREATE TRIGGER job_removed AFTER DELETE ON jobs BEGIN ${remove}; END`,
	]) {
		await sql.raw(statement).execute(db);
	}
}
