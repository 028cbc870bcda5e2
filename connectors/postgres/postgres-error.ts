import { asWatchRabbitError, fault, permanent, transient, WatchRabbitError } from "#core/errors.ts";

/** A kind of failure: what is said of it, and what to do. `place` is the database, without its password. */
type Kind = (place: string, cause: Error) => WatchRabbitError;

const unreachable: Kind = (place, cause) =>
	transient("DATABASE_UNREACHABLE", `${place} cannot be reached: ${cause.message}`, {
		cause,
		fix: "Check that PostgreSQL runs there, and that the host and the port are right; work goes on by itself.",
	});

const busy: Kind = (place, cause) =>
	transient("DATABASE_BUSY", `${place} did not get to it: ${cause.message}`, {
		cause,
		fix: "It is tried again; if this lasts, look in pg_stat_activity for what holds locks or takes so long.",
	});

const tooManyConnections: Kind = (place, cause) =>
	transient("DATABASE_CONNECTIONS", `${place} has no connection left: ${cause.message}`, {
		cause,
		fix: "Raise max_connections of the server, or run fewer processes with fewer connections each.",
	});

/** A newer watchrabbit migrated it beside us: new connections know the tables as they are now. */
const changed: Kind = (place, cause) =>
	transient("DATABASE_CHANGED", `the tables of ${place} were changed: ${cause.message}`, {
		cause,
		fix: "It is tried again; if this lasts, end this process and start the version that the others are.",
	});

const diskFull: Kind = (place, cause) =>
	transient("DISK_FULL", `${place} has no space left; nothing was written`, {
		cause,
		fix: "Make room on the disk of the database server; work goes on by itself.",
	});

const readOnly: Kind = (place, cause) =>
	transient("DATABASE_READ_ONLY", `${place} may not be written now: ${cause.message}`, {
		cause,
		fix: "Point the catalog to the primary server; after a failover work goes on by itself.",
	});

const refused: Kind = (place, cause) =>
	permanent("DATABASE_REFUSED", `${place} does not let us in: ${cause.message}`, {
		cause,
		fix: "Correct the user and the password of the catalog's URL, or the server's pg_hba.conf.",
		unusable: true,
	});

const missing: Kind = (place, cause) =>
	permanent("DATABASE_MISSING", `${place} is not there: ${cause.message}`, {
		cause,
		fix: "Create it (createdb --template template0 --encoding UTF8 NAME), or correct the name in the catalog's URL.",
		unusable: true,
	});

const notAllowed: Kind = (place, cause) =>
	permanent("DATABASE_PERMISSION", `${place} does not allow it: ${cause.message}`, {
		cause,
		fix: "Make the user the owner of the database, or GRANT CREATE, USAGE ON SCHEMA public and its tables to it.",
		unusable: true,
	});

const notMigrated: Kind = (place, cause) =>
	permanent("DATABASE_NO_CATALOG", `${place} holds no catalog, or an old one: ${cause.message}`, {
		cause,
		fix: "Run `watchrabbit migrate up` with this configuration.",
		unusable: true,
	});

const untrusted: Kind = (place, cause) =>
	permanent("DATABASE_TLS", `${place} cannot be spoken to over TLS: ${cause.message}`, {
		cause,
		fix: "Give the certificate authority that signed the server's certificate, and the host name it was made for.",
		unusable: true,
	});

const damaged: Kind = (place, cause) =>
	permanent("DATABASE_CORRUPT", `${place} is damaged: ${cause.message}`, {
		cause,
		fix: "Stop watchrabbit, keep a copy of the server's data directory, and restore the database from a backup.",
		unusable: true,
	});

const closed: Kind = (place, cause) =>
	fault("DATABASE_CLOSED", `${place} was used after it was closed`, { cause, unusable: true });

const aboutTheRow: Kind = (place, cause) => fault("DATABASE_CONSTRAINT", `${place}: ${cause.message}`, { cause });

/** By SQLSTATE, the longest beginning first: https://www.postgresql.org/docs/current/errcodes-appendix.html */
const bySqlState: readonly (readonly [string, Kind])[] = [
	["53300", tooManyConnections],
	["53100", diskFull],
	["3D000", missing],
	["42501", notAllowed],
	["42P01", notMigrated],
	["42703", notMigrated],
	["25006", readOnly],
	["25P03", unreachable], // it idled in a transaction: the session is gone
	["55P03", busy],
	["57014", busy],
	["58030", unreachable],
	["08", unreachable],
	["22", aboutTheRow],
	["23", aboutTheRow],
	["28", refused],
	["40", busy],
	["53", unreachable],
	["57", unreachable], // shutting down, starting up
	["XX", damaged],
];

/** Of the system; and names that do not resolve, which may be those of a container that is yet to come. */
const unreachableErrnos: ReadonlySet<string> = new Set([
	...["ECONNREFUSED", "ECONNRESET", "ECONNABORTED", "EPIPE", "ETIMEDOUT", "EHOSTUNREACH", "EHOSTDOWN", "ENETUNREACH"],
	...["ENETDOWN", "ENOTFOUND", "EAI_AGAIN", "ENOENT"],
]);

/** What pg says without a code. */
const byMessage: readonly (readonly [RegExp, Kind])[] = [
	[/^Cannot use a pool after/, closed],
	[/^cached plan must not change/, changed],
	[/SSL|certificate/i, untrusted],
	[/^SASL|password/, refused],
	[/^timeout exceeded when trying to connect/, busy],
	[/^(Connection terminated|Query read timeout|Client |The client |timeout expired)/, unreachable],
];

/** What pg threw, told with the database and what to do about it; anything else comes back as one of ours. */
export function postgresError(thrown: unknown, place: string): WatchRabbitError {
	if (thrown instanceof WatchRabbitError || !(thrown instanceof Error)) return asWatchRabbitError(thrown);
	const kind = kindOf(thrown);
	if (kind !== undefined) return kind(place, thrown);
	return fault("DATABASE_FAULT", `${place}: ${thrown.message}`, { cause: thrown, unusable: true });
}

function kindOf(thrown: Error): Kind | undefined {
	const code = "code" in thrown && typeof thrown.code === "string" ? thrown.code : "";
	if (unreachableErrnos.has(code)) return unreachable;
	if (/CERT|SSL|TLS|SIGNATURE|ISSUER/.test(code)) return untrusted;
	const ofState = bySqlState.find(([beginning]) => /^[0-9A-Z]{5}$/.test(code) && code.startsWith(beginning));
	if (ofState !== undefined) return ofState[1];
	return byMessage.find(([pattern]) => pattern.test(thrown.message))?.[1];
}

/** The session is of no use after it, whatever the server thinks of it. */
export function endsSession(error: WatchRabbitError): boolean {
	return ["DATABASE_UNREACHABLE", "DATABASE_READ_ONLY", "DATABASE_CHANGED"].includes(error.code);
}
