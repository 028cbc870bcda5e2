import type { Kysely } from "kysely";

/** What waits and runs without a result counts for the objective when it ends, as it did before it was asked of which jobs it is. */
export async function up(db: Kysely<unknown>): Promise<void> {
	await db.schema
		.alterTable("jobs")
		.addColumn("promised", "integer", (column) => column.notNull().defaultTo(0))
		.execute();
	await (db as Kysely<{ jobs: { state: string; result: string | null; promised: number } }>)
		.updateTable("jobs")
		.set({ promised: 1 })
		.where("state", "in", ["created", "validated", "queued", "running", "failed"])
		.where("result", "is", null)
		.execute();
}
