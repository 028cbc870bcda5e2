import type { ClientConfig } from "pg";
import { permanent } from "#core/errors.ts";

export interface PostgresOptions {
	/** `postgres://user:password@host:port/database`; what pg knows in its query (`sslmode`, `sslrootcert`) is understood. */
	readonly url: string;
	/** Connections that are open at once; 10. */
	readonly maxConnections?: number;
	/** For a new connection, and for the wait until one is free; 10 s. */
	readonly connectTimeoutMs?: number;
	/** After which the server ends a statement; 30 s. Migrations are not bounded. */
	readonly statementTimeoutMs?: number;
	/**
	 * After which the server ends a transaction in which nothing happens, 10 s: a process that was suspended while it
	 * wrote holds up all others that long.
	 */
	readonly idleInTransactionMs?: number;
	/** How the server's own views (`pg_stat_activity`) call our connections; "watchrabbit". */
	readonly applicationName?: string;
	readonly tls?: PostgresTls;
}

/** Asks for TLS and checks the server's certificate. All in PEM; without `ca` those of the system. */
export interface PostgresTls {
	readonly ca?: string;
	/** The client's own, and its key. */
	readonly cert?: string;
	readonly key?: string;
	/** What the server's certificate is for, where that is not the host of the URL. */
	readonly serverName?: string;
}

/** A statement that the server should have ended and did not: the network swallows what it says. */
const silenceMs = 5_000;

/** What every connection is opened with. */
export function clientConfig(options: PostgresOptions): ClientConfig {
	const { tls, statementTimeoutMs = 30_000 } = options;
	return {
		connectionString: tls === undefined ? options.url : withoutTls(options.url),
		connectionTimeoutMillis: options.connectTimeoutMs ?? 10_000,
		statement_timeout: statementTimeoutMs,
		idle_in_transaction_session_timeout: options.idleInTransactionMs ?? 10_000,
		application_name: options.applicationName ?? "watchrabbit",
		keepAlive: true,
		keepAliveInitialDelayMillis: 10_000,
		types: { getTypeParser },
		...(tls === undefined ? {} : { ssl: tlsOf(tls) }),
	};
}

export function longestAnswerMs({ statementTimeoutMs = 30_000 }: PostgresOptions): number {
	return statementTimeoutMs + silenceMs;
}

/** For messages: who asks for what, where. Never the password. @throws WatchRabbitError DATABASE_URL (permanent) */
export function placeOf({ url }: PostgresOptions): string {
	const parsed = parse(url);
	const user = parsed.username === "" ? "" : `${parsed.username}@`;
	return `${parsed.protocol}//${user}${parsed.host}${parsed.pathname}`;
}

function withoutTls(url: string): string {
	const parsed = parse(url);
	for (const name of ["ssl", "sslmode", "sslcert", "sslkey", "sslrootcert"]) parsed.searchParams.delete(name);
	return parsed.href;
}

function parse(url: string): URL {
	const parsed = URL.canParse(url) ? new URL(url) : undefined;
	if (parsed !== undefined && /^postgres(ql)?:$/.test(parsed.protocol)) return parsed;
	// What was written may hold a password, in whatever place: it is not repeated.
	throw permanent("DATABASE_URL", "what the catalog's address says is no URL of a PostgreSQL database", {
		fix: "Write it as postgres://USER:PASSWORD@HOST:PORT/DATABASE, with special characters of the password encoded (%40 for @).",
	});
}

function tlsOf({ ca, cert, key, serverName }: PostgresTls) {
	return {
		rejectUnauthorized: true,
		...(ca === undefined ? {} : { ca }),
		...(cert === undefined ? {} : { cert }),
		...(key === undefined ? {} : { key }),
		...(serverName === undefined ? {} : { servername: serverName }),
	};
}

const int8 = 20;
const float8 = 701;
const int4 = 23;

/** What the catalog stores: 64-bit integers come as text and are numbers here; all else is text, or parsed by no one. */
function getTypeParser(oid: number): (text: string) => unknown {
	return oid === int8 || oid === float8 || oid === int4 ? Number : (text) => text;
}
