import { type Kysely, sql } from "kysely";

/** What waits and runs is counted without reading what is over. */
export async function up(db: Kysely<unknown>): Promise<void> {
	await sql`CREATE INDEX jobs_unfinished ON jobs (state, pool, pipeline, updated_at)
		WHERE state IN ('created', 'validated', 'queued', 'running', 'failed')`.execute(db);
}
