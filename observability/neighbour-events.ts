import { counted } from "#domain/counted.ts";
import { again, type Declarations, why } from "./declaration.ts";

/** Services that are away, and back. */
export const neighbourEvents: Declarations<
	| "neighbour.away"
	| "neighbour.back"
	| "broker.blocked"
	| "broker.unblocked"
	| "broker.differs"
	| "cache.away"
	| "cache.back"
	| "cache.full"
> = {
	"neighbour.away": {
		level: "warn",
		say: (e) => `${e.neighbour} is away: ${why(e.error)}, again in ${again(e.againInMs)}`,
		measure: (metrics, e) => metrics.neighbourFailures.inc({ neighbour: e.neighbour }),
		health: (health, e) => health.set(e.neighbour, "down", why(e.error)),
	},
	"neighbour.back": {
		level: "info",
		say: (e) => `${e.neighbour} is back after ${counted(e.attempts, "attempt")}`,
		health: (health, e) => health.set(e.neighbour, "up", "answers"),
	},
	"broker.blocked": {
		level: "warn",
		say: (e) => `the broker takes no messages at the moment: ${e.reason}`,
		health: (health, e) => health.set("broker", "down", `takes no messages: ${e.reason}`),
	},
	"broker.unblocked": {
		level: "info",
		say: () => "the broker takes messages again",
		health: (health) => health.set("broker", "up", "takes messages"),
	},
	"broker.differs": {
		level: "warn",
		say: (e) => `${e.name} of the broker: ${why(e.error)}`,
	},
	/** Not down: a process without a cache answers all the same. */
	"cache.away": {
		level: "warn",
		say: (e) => `the cache is away, answers take longer: ${why(e.error)}, again in ${again(e.againInMs)}`,
		measure: (metrics) => metrics.neighbourFailures.inc({ neighbour: "cache" }),
		health: (health, e) => health.set("cache", "up", `away, answers take longer: ${why(e.error)}`),
	},
	"cache.back": {
		level: "info",
		say: () => "the cache is back",
		health: (health) => health.set("cache", "up", "answers"),
	},
	"cache.full": {
		level: "warn",
		say: (e) => why(e.error),
	},
};
