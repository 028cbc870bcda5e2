import { transient, type WatchRabbitError } from "#core/errors.ts";
import { counted } from "#domain/counted.ts";
import { isSink } from "#domain/sink-names.ts";
import { again, type Declarations, why } from "./declaration.ts";
import type { Metrics } from "./metrics.ts";

/** What health and metrics call who is sent spans, or lines. */
export const collectorOf = (signal: string) => `collector of ${signal}`;

/** Services that are away, and back. */
export const neighbourEvents: Declarations<
	| "neighbour.away"
	| "neighbour.retried"
	| "neighbour.looked"
	| "neighbour.back"
	| "pool.retried"
	| "broker.blocked"
	| "broker.unblocked"
	| "broker.differs"
	| "cache.away"
	| "cache.retried"
	| "cache.back"
	| "cache.full"
	| "cache.asked"
	| "telemetry.dropped"
	| "telemetry.taken"
> = {
	"neighbour.away": {
		level: "warn",
		say: (e) => `${e.neighbour} is away: ${why(e.error)}, again in ${again(e.againInMs)}`,
		measure: (metrics, e) => failed(metrics, e.neighbour),
		health: (health, e) => health.failed(e.neighbour, { ...e, optional: isOptional(e) }),
	},
	"neighbour.retried": {
		level: "debug",
		say: (e) => stillAway(e.neighbour, e),
		measure: (metrics, e) => failed(metrics, e.neighbour),
		health: (health, e) => health.failed(e.neighbour, { ...e, optional: isOptional(e) }),
	},
	"neighbour.looked": {
		level: "trace",
		say: (e) => `${e.neighbour} answers in ${again(e.seconds * 1000)}: ${e.detail}`,
		measure: (metrics, e) => metrics.neighbourSeconds.set({ neighbour: e.neighbour }, e.seconds),
		health: (health, e) => health.looked(e.neighbour, e.seconds, e.detail, isOptional(e)),
	},
	"neighbour.back": {
		level: "info",
		say: (e) => `${e.neighbour} is back after ${counted(e.attempts, "attempt")}`,
		health: (health, e) => e.byLook || health.set(e.neighbour, "up", "answers", isOptional(e)),
	},
	"broker.blocked": {
		level: "warn",
		say: (e) => `the broker takes no messages at the moment: ${e.reason}`,
		measure: (metrics) => metrics.brokerBlocked.set({}, 1),
		health: (health, e) => health.set("broker", "down", `takes no messages: ${e.reason}`),
	},
	"broker.unblocked": {
		level: "info",
		say: () => "the broker takes messages again",
		measure: (metrics) => metrics.brokerBlocked.set({}, 0),
		health: (health) => health.set("broker", "up", "takes messages"),
	},
	"broker.differs": {
		level: "warn",
		say: (e) => `${e.name} of the broker: ${why(e.error)}`,
	},
	"pool.retried": {
		level: "debug",
		say: (e) =>
			`pool ${e.pool} does not start after ${counted(e.attempts, "attempt")}: ${why(e.error)}, again in ${again(e.againInMs)}`,
		health: (health, e) => health.failed(`pool ${e.pool}`, e),
	},
	/** A process without a cache answers all the same. */
	"cache.away": {
		level: "warn",
		say: (e) => `the cache is away, answers take longer: ${why(e.error)}, again in ${again(e.againInMs)}`,
		measure: (metrics) => failed(metrics, "cache"),
		health: (health, e) => health.failed("cache", { ...e, optional: true }),
	},
	"cache.retried": {
		level: "debug",
		say: (e) => stillAway("the cache", e),
		measure: (metrics) => failed(metrics, "cache"),
		health: (health, e) => health.failed("cache", { ...e, optional: true }),
	},
	"cache.back": {
		level: "info",
		say: () => "the cache is back",
		health: (health) => health.set("cache", "up", "answers", true),
	},
	"cache.full": {
		level: "warn",
		say: (e) => why(e.error),
	},
	"cache.asked": {
		level: "trace",
		say: (e) => `the cache ${e.hit ? "has" : "does not have"} an answer (${e.level})`,
		measure: (metrics, e) => metrics.cacheRequests.inc({ level: e.level, outcome: e.hit ? "hit" : "miss" }),
	},
	/** Nothing waits for a collector, and nothing is worse without it but what one sees. */
	"telemetry.dropped": {
		level: (e) => (e.isNews ? "warn" : "silent"),
		say: (e) => `the ${collectorOf(e.signal)} does not take what it is sent, which is gone: ${e.why}`,
		measure: (metrics, e) => {
			metrics.telemetryDropped.inc({ signal: e.signal }, e.count);
			metrics.neighbourSeconds.remove({ neighbour: collectorOf(e.signal) });
		},
		health: (health, e) =>
			health.failed(collectorOf(e.signal), { error: transient("COLLECTOR_AWAY", e.why), optional: true }),
	},
	/** In no log: the collector of the log would be sent the next line for each that it takes. */
	"telemetry.taken": {
		level: "silent",
		say: (e) => `the ${collectorOf(e.signal)} took what it was sent in ${again(e.seconds * 1000)}`,
		measure: (metrics, e) => metrics.neighbourSeconds.set({ neighbour: collectorOf(e.signal) }, e.seconds),
		health: (health, e) => {
			health.set(collectorOf(e.signal), "up", "takes what it is sent", true);
			health.looked(collectorOf(e.signal), e.seconds, "takes what it is sent", true);
		},
	},
};

/** Whom work does not wait for: it makes no process unready. The cache tells by itself. */
function isOptional({ neighbour }: { readonly neighbour: string }): boolean {
	return neighbour === "cache" || isSink(neighbour);
}

function failed({ neighbourFailures, neighbourSeconds }: Metrics, neighbour: string): void {
	neighbourFailures.inc({ neighbour });
	neighbourSeconds.remove({ neighbour });
}

function stillAway(who: string, { error, attempts, againInMs }: Tried): string {
	return `${who} is still away after ${counted(attempts, "attempt")}: ${why(error)}, again in ${again(againInMs)}`;
}

interface Tried {
	readonly error: WatchRabbitError;
	readonly attempts: number;
	readonly againInMs: number;
}
