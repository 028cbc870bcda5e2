import type { FastifyInstance, FastifyRequest } from "fastify";
import { parseDuration } from "#config/quantity.ts";
import { permanent } from "#core/errors.ts";
import { isoTime } from "#domain/resources.ts";
import { logLevels, namedLogLevel } from "#observability/log-level-names.ts";
import type { Loudness } from "#observability/log-levels.ts";
import type { OperationsContext } from "./context.ts";

/** How much the process says: read by anybody, changed from this machine alone. */
export function serveLogLevel(app: FastifyInstance, { levels }: Pick<OperationsContext, "levels">): void {
	app.get("/log-level", async () => shown(levels.now));

	app.put<{ Body: unknown }>("/log-level", async (request) => {
		refuseStrangers(request);
		const { level, for: time } = (request.body ?? {}) as { level?: unknown; for?: unknown };
		const named = namedLogLevel(level);
		if (named === undefined) {
			throw permanent("LOG_LEVEL_INVALID", `${JSON.stringify(level)} is no level of the log`, {
				fix: `Send { "level": "debug" } with one of ${logLevels.join(", ")}.`,
			});
		}
		const forMs = time === undefined ? undefined : parseDuration(String(time));
		if (time !== undefined && forMs === undefined) {
			throw permanent("LOG_LEVEL_INVALID", `${JSON.stringify(time)} is no length of time`, {
				fix: 'Send for example { "level": "debug", "for": "10m" }.',
			});
		}
		return shown(levels.set(named, forMs));
	});
}

function shown({ level, usual, backAt }: Loudness) {
	return { level, usual, backAt: backAt === undefined ? null : isoTime(backAt) };
}

/** What only those say who ask for another: a page in a browser on this machine, and a proxy on it for other hosts. */
const strangersHeaders = ["origin", "forwarded", "x-forwarded-for"];

/** Health and metrics may be read from other hosts. */
function refuseStrangers({ ip, headers }: FastifyRequest): void {
	if (/^(::ffff:)?127\.|^::1$/.test(ip) && strangersHeaders.every((name) => headers[name] === undefined)) return;
	throw permanent("NOT_FROM_HERE", "the level of the log is changed only from the machine that the process runs on", {
		fix: "Run `watchrabbit log-level` there, or send the process SIGUSR2.",
	});
}
