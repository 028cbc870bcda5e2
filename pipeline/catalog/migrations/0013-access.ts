import { type Kysely, PostgresAdapter, sql } from "kysely";
import { textType } from "./text-type.ts";

/** Who may do what, and who did. */
export async function up(db: Kysely<unknown>): Promise<void> {
	await createAudit(db);
	await createUsers(db);
	await createSessions(db);
}

async function createUsers(db: Kysely<unknown>): Promise<void> {
	const text = textType(db);
	await db.schema
		.createTable("users")
		.addColumn("id", text, (column) => column.notNull())
		.addColumn("name", text, (column) => column.notNull())
		.addColumn("name_key", text, (column) => column.notNull())
		.addColumn("role", text, (column) => column.notNull())
		.addColumn("projects", text)
		.addColumn("password", text)
		.addColumn("subject", text)
		.addColumn("created_at", "bigint", (column) => column.notNull())
		.addColumn("disabled_at", "bigint")
		.addPrimaryKeyConstraint("users_pk", ["id"])
		.execute();
	await db.schema.createIndex("users_by_name_key").on("users").column("name_key").unique().execute();
	await db.schema.createIndex("users_by_subject").on("users").column("subject").unique().execute();
	await db.schema
		.createTable("api_keys")
		.addColumn("id", text, (column) => column.notNull())
		.addColumn("name", text, (column) => column.notNull())
		.addColumn("hash", text, (column) => column.notNull())
		.addColumn("role", text, (column) => column.notNull())
		.addColumn("projects", text)
		.addColumn("permissions", text)
		.addColumn("created_at", "bigint", (column) => column.notNull())
		.addColumn("expires_at", "bigint")
		.addColumn("used_at", "bigint")
		.addColumn("revoked_at", "bigint")
		.addPrimaryKeyConstraint("api_keys_pk", ["id"])
		.execute();
	await db.schema
		.createTable("login_attempts")
		.addColumn("subject", text, (column) => column.notNull())
		.addColumn("attempts", "bigint", (column) => column.notNull())
		.addColumn("since", "bigint", (column) => column.notNull())
		.addPrimaryKeyConstraint("login_attempts_pk", ["subject"])
		.execute();
}

async function createSessions(db: Kysely<unknown>): Promise<void> {
	const text = textType(db);
	await db.schema
		.createTable("sessions")
		.addColumn("id", text, (column) => column.notNull())
		.addColumn("user", text, (column) => column.notNull())
		.addColumn("created_at", "bigint", (column) => column.notNull())
		.addColumn("expires_at", "bigint", (column) => column.notNull())
		.addColumn("ended_at", "bigint")
		.addPrimaryKeyConstraint("sessions_pk", ["id"])
		.execute();
	await db.schema.createIndex("sessions_by_user").on("sessions").column("user").execute();
	await db.schema.createIndex("sessions_by_expires_at").on("sessions").column("expires_at").execute();
	await db.schema
		.createTable("refresh_tokens")
		.addColumn("hash", text, (column) => column.notNull())
		.addColumn("session", text, (column) => column.notNull())
		.addColumn("used_at", "bigint")
		.addPrimaryKeyConstraint("refresh_tokens_pk", ["hash"])
		.execute();
	await db.schema.createIndex("refresh_tokens_by_session").on("refresh_tokens").column("session").execute();
	await db.schema
		.createTable("signing_keys")
		.addColumn("kid", text, (column) => column.notNull())
		.addColumn("public_key", text, (column) => column.notNull())
		.addColumn("private_key", text, (column) => column.notNull())
		.addColumn("created_at", "bigint", (column) => column.notNull())
		.addPrimaryKeyConstraint("signing_keys_pk", ["kid"])
		.execute();
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
