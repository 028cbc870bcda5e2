import { z } from "zod";
import { parseDuration } from "#config/quantity.ts";
import { isoTime } from "#domain/resources.ts";
import { logLevels } from "#observability/log-level-names.ts";
import type { Loudness } from "#observability/log-levels.ts";
import type { OperationsContext } from "./context.ts";
import { assertFromHere } from "./from-here.ts";
import { type Route, route } from "./route.ts";

const form = z
	.object({
		level: z.enum(logLevels),
		usual: z.enum(logLevels).describe("What it goes back to."),
		backAt: z.iso.datetime().nullable().describe("Then; null: it stays."),
	})
	.meta({ id: "LogLevel", description: "How much the process says." });
const answers = { 200: { description: "As it is now.", content: { "application/json": form } } };

const length = z
	.string()
	.regex(/^[0-9]{1,6}(ms|s|m|h|d)$/, 'no length of time: send for example { "level": "debug", "for": "10m" }')
	.transform((text) => parseDuration(text))
	.meta({ examples: ["10m"] });

/** How much the process says: read by anybody, changed from this machine alone. */
export const logLevelRoutes: readonly Route<OperationsContext>[] = [
	route({
		id: "getLogLevel",
		method: "GET",
		path: "/log-level",
		tag: "health",
		summary: "How much the process says in its log",
		needs: "nothing",
		answersAnyway: true,
		answers,
		handle: async (_asked, { levels }: OperationsContext) => shown(levels.now),
	}),
	route({
		id: "setLogLevel",
		method: "PUT",
		path: "/log-level",
		tag: "health",
		summary: "Change how much the process says in its log, for a time",
		needs: "nothing",
		answersAnyway: true,
		body: z.strictObject({ level: z.enum(logLevels), for: length.optional() }),
		answers,
		problems: ["NOT_FROM_HERE"],
		handle: async ({ body: { level, for: forMs }, request }, { levels }: OperationsContext) => {
			assertFromHere(
				request,
				"the level of the log is changed only from the machine that the process runs on",
				"Run `watchrabbit log-level` there, or send the process SIGUSR2.",
			);
			return shown(levels.set(level, forMs));
		},
	}),
];

function shown({ level, usual, backAt }: Loudness) {
	return { level, usual, backAt: backAt === undefined ? null : isoTime(backAt) };
}
