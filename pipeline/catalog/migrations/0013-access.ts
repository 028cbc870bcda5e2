import { type Kysely, PostgresAdapter, sql } from "kysely";
import { textType } from "./text-type.ts";

/** Who may do what, and who did. */
export async function up(db: Kysely<unknown>): Promise<void> {
	await createAudit(db);
}

async function createAudit(db: Kysely<unknown>): Promise<void> {
	const text = textType(db);
	await db.schema
		.createTable("audit")
		.addColumn("seq", "bigint", (column) => column.notNull())
		.addColumn("at", "bigint", (column) => column.notNull())
		.addColumn("actor", text, (column) => column.notNull())
		.addColumn("action", text, (column) => column.notNull())
		.addColumn("target", text, (column) => column.notNull())
		.addColumn("why", text)
		.addColumn("detail", text)
		.addColumn("request", text)
		.addColumn("previous", text, (column) => column.notNull())
		.addColumn("hash", text, (column) => column.notNull())
		.addPrimaryKeyConstraint("audit_pk", ["seq"])
		.execute();
	const statements = db.getExecutor().adapter instanceof PostgresAdapter ? keptByPostgres : keptBySqlite;
	for (const statement of statements) await sql.raw(statement).execute(db);
}

const refusal = "the audit log is only appended to";

const keptByPostgres = [
	`CREATE FUNCTION audit_is_kept() RETURNS trigger LANGUAGE plpgsql AS $$
		BEGIN RAISE EXCEPTION '${refusal}' USING ERRCODE = 'integrity_constraint_violation'; END
	$$`,
	`CREATE TRIGGER audit_is_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON audit
		FOR EACH STATEMENT EXECUTE FUNCTION audit_is_kept()`,
];

/** INSERT OR REPLACE removes rows without the triggers of DELETE. */
const keptBySqlite = [
	`CREATE TRIGGER audit_not_updated BEFORE UPDATE ON audit BEGIN SELECT RAISE(ABORT, '${refusal}'); END`,
	`CREATE TRIGGER audit_not_deleted BEFORE DELETE ON audit BEGIN SELECT RAISE(ABORT, '${refusal}'); END`,
	`CREATE TRIGGER audit_not_replaced BEFORE INSERT ON audit WHEN EXISTS (SELECT 1 FROM audit WHERE seq = NEW.seq)
		BEGIN SELECT RAISE(ABORT, '${refusal}'); END`,
];
