import type { PostgresPoolClient } from "kysely";
import type { PostgresOptions } from "./options.ts";
import { Pool } from "./pool.ts";
import { postgresError } from "./postgres-error.ts";

/** What a look at one side of the database came to. */
export interface PostgresFinding {
	/** database, clock, permissions, connections, durability */
	readonly subject: string;
	/** A warning works, but not as one may expect; a problem does not work. */
	readonly state: "ok" | "warning" | "problem";
	readonly says: string;
	/** For all that is not ok. */
	readonly fix?: string;
}

/** Leases are judged by the server's clock. What is dated here (when files were acquired, the log) is off by as much. */
const skewToTellMs = 5_000;

/** Looks at what a catalog needs of its database, and writes nothing. */
export async function examinePostgres(options: PostgresOptions): Promise<readonly PostgresFinding[]> {
	const pool = new Pool({ ...options, maxConnections: 1 });
	try {
		const client = await pool.connect();
		try {
			return await examine(client, options.maxConnections ?? 10);
		} finally {
			client.release();
		}
	} catch (thrown) {
		const { message, fix } = postgresError(thrown, "the database");
		return [problem("database", message, fix ?? "Look into the log of the database server.")];
	} finally {
		await pool.end();
	}
}

interface Facts {
	readonly version: string;
	readonly nowMs: number;
	readonly standby: boolean;
	/** Null: the user's search path leads nowhere. */
	readonly schema: string | null;
	readonly may: boolean;
	readonly most: number;
	readonly taken: number;
	readonly fsync: string;
	readonly commit: string;
	readonly user: string;
}

const facts = `
	select current_setting('server_version') as version,
		(extract(epoch from clock_timestamp()) * 1000)::float8 as "nowMs",
		pg_is_in_recovery()::int as standby,
		current_schema()::text as schema,
		(current_schema() is not null and has_schema_privilege(current_schema(), 'create'))::int as may,
		current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int as most,
		(select count(*) from pg_stat_activity where backend_type = 'client backend') as taken,
		current_setting('fsync') as fsync,
		current_setting('synchronous_commit') as commit,
		current_user::text as user`;

async function examine(client: PostgresPoolClient, wanted: number): Promise<readonly PostgresFinding[]> {
	const asked = Date.now();
	const { rows } = await client.query<Facts>(facts, []);
	const answered = Date.now();
	return rows.flatMap((row) => [
		row.standby
			? problem("database", "it is a standby, which cannot be written", "Point the catalog to the primary server.")
			: ok("database", `PostgreSQL ${row.version} takes us in`),
		clock(row, (asked + answered) / 2, answered - asked),
		permissions(row),
		connections(row, wanted),
		durability(row),
	]);
}

function clock({ nowMs }: Facts, hereMs: number, tookMs: number): PostgresFinding {
	const skewMs = hereMs - nowMs;
	const seconds = Math.round(Math.abs(skewMs) / 1000);
	if (Math.abs(skewMs) - tookMs < skewToTellMs) return ok("clock", "agrees with the server's");
	const says = `this host's clock is ${seconds} s ${skewMs > 0 ? "ahead of" : "behind"} the server's: times of files and of the log are off by as much`;
	return warning("clock", says, "Set the clock of the host that is wrong (NTP).");
}

function permissions({ schema, may, user }: Facts): PostgresFinding {
	if (may) return ok("permissions", `${user} may make tables in the schema ${schema}`);
	const where = schema ?? "public";
	const says = schema === null ? `${user} can use no schema` : `${user} may make no tables in the schema ${schema}`;
	return problem("permissions", says, `As an administrator: GRANT USAGE, CREATE ON SCHEMA ${where} TO "${user}".`);
}

function connections({ most, taken }: Facts, wanted: number): PostgresFinding {
	const free = most - taken;
	if (free >= wanted) return ok("connections", `${free} of ${most} are free, and this process takes ${wanted} at most`);
	const says = `${free} of ${most} are free, and this process may take ${wanted}`;
	return warning("connections", says, "Raise max_connections of the server, or lower `catalog: connections`.");
}

function durability({ fsync, commit }: Facts): PostgresFinding {
	if (fsync === "on" && commit !== "off") return ok("durability", "what was committed survives a power cut");
	const setting = fsync === "on" ? `synchronous_commit is ${commit}` : "fsync is off";
	return warning(
		"durability",
		`${setting}: a power cut loses what was acknowledged`,
		"Set fsync and synchronous_commit to on in the server's configuration.",
	);
}

function ok(subject: string, says: string): PostgresFinding {
	return { subject, state: "ok", says };
}

function warning(subject: string, says: string, fix: string): PostgresFinding {
	return { subject, state: "warning", says, fix };
}

function problem(subject: string, says: string, fix: string): PostgresFinding {
	return { subject, state: "problem", says, fix };
}
