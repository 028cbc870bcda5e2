import { systemClock } from "#core/clock.ts";
import { LogLevels } from "#observability/log-levels.ts";
import { createLogger } from "#observability/logger.ts";

/** Of a log that nobody reads. */
export function quietLevels(): LogLevels {
	return new LogLevels(createLogger({ level: "silent", pretty: false, colours: false }), systemClock);
}
