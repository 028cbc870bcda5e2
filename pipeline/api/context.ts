import type { FastifyRequest } from "fastify";
import type { Logins, Visitor } from "#access/logins.ts";
import type { OidcLogins } from "#access/oidc.ts";
import type { Cache } from "#core/ports/cache.ts";
import type { FeedCatalog, ReadCatalog } from "#core/ports/catalog.ts";
import type { Inlet } from "#core/ports/inlet.ts";
import type { Ledger } from "#core/ports/ledger.ts";
import type { ObjectStore } from "#core/ports/object-store.ts";
import type { OperationRequest, OperationsCatalog, Requested } from "#core/ports/operations.ts";
import type { Throttle } from "#core/ports/throttle.ts";
import type { Tracer } from "#core/ports/tracer.ts";
import type { WakeUp } from "#core/wake-up.ts";
import type { Principal, Scope } from "#domain/access.ts";
import type { Report } from "#domain/report.ts";
import type { Settings } from "#domain/settings.ts";
import type { ActiveAlert } from "#observability/alerts/active-alerts.ts";
import type { Health } from "#observability/health.ts";
import type { LogLevels } from "#observability/log-levels.ts";
import type { Metrics } from "#observability/metrics.ts";
import type { Live } from "./live/live.ts";

/** What health and metrics are read from, what is changed while it runs, and who is told of answers. */
export interface Observed {
	readonly metrics: Metrics;
	readonly health: Health;
	readonly levels: LogLevels;
	readonly alerts: { readonly active: readonly ActiveAlert[] };
	readonly report: Report;
}

/** With what only the server itself knows. */
export interface OperationsContext extends Observed {
	/** It answers what has begun, and then ends. */
	readonly draining: () => boolean;
	/** Whether who asks may be told of what is behind the process. */
	readonly trusts: (request: FastifyRequest) => Promise<boolean>;
	/** Whether who asks may have the metrics. */
	readonly scrapes: (request: FastifyRequest) => Promise<boolean>;
}

/** What the API reads from. */
export interface Known {
	readonly settings: Settings;
	readonly ledger: Ledger;
	readonly catalog: ReadCatalog & FeedCatalog & { readonly operations: OperationsCatalog };
	/** Asks for an operation, and wakes who carries it out. */
	readonly operate: (request: OperationRequest) => Promise<Requested>;
	readonly objects: ObjectStore;
	readonly cache: Cache;
	readonly tracer: Tracer;
	readonly throttle: Throttle;
	/** Who asks; undefined where nobody has to say who he is. */
	readonly identify?: Identify;
	/** How somebody becomes known; with `identify`. */
	readonly doors?: Doors;
	/** Of the sources that this process watches, or may. */
	readonly inlets?: ReadonlyMap<string, Inlet> | undefined;
	/** Rung when something was written that histories tell; left out: one looks now and then. */
	readonly moved?: () => WakeUp;
}

/** Logins, by whatever door. */
export interface Doors {
	readonly logins: Pick<Logins, "login" | "refresh">;
	/** Where the house logs in, if it does. */
	readonly oidc: Pick<OidcLogins, "begin" | "finish"> | undefined;
	/** @throws WatchRabbitError CSRF_TOKEN_MISSING (permanent) */
	readonly refuseForged: (request: FastifyRequest) => Promise<void>;
	/** Ends the session of who asks: by its access token, or by its refresh token where that is no longer good. */
	readonly logout: (request: FastifyRequest, refresh: string | undefined, visitor: Visitor) => Promise<void>;
	readonly signingKeys: () => Promise<object>;
}

/** Who asks, told from a request's headers. @throws WatchRabbitError UNAUTHENTICATED (permanent) */
export type Identify = (request: FastifyRequest) => Principal | Promise<Principal>;

/** What the API answers a principal from: nothing else is in the catalog's reach than what he sees. */
export type ApiContext = Omit<Known, "catalog"> &
	OperationsContext & {
		readonly scope: Scope;
		/** Who asks now: a login may be over, and a key revoked, while somebody is answered. */
		readonly identify: Identify;
		readonly catalog: ReadCatalog;
		readonly operations: Pick<OperationsCatalog, "page" | "one" | "pauses">;
		readonly live: Live;
	};
