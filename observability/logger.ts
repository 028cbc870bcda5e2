import { type DestinationStream, destination, type Logger, pino } from "pino";
import { prettyFactory } from "pino-pretty";
import { asWatchRabbitError, permanent } from "#core/errors.ts";

export type { Logger } from "pino";

export const logLevels = ["trace", "debug", "info", "warn", "error", "fatal", "silent"] as const;
export type LogLevel = (typeof logLevels)[number];

/** @throws WatchRabbitError CONFIG_LOG_LEVEL (permanent) */
export function logLevel(environment: NodeJS.ProcessEnv): LogLevel {
	const wanted = environment.WATCHRABBIT_LOG_LEVEL ?? "info";
	const level = namedLogLevel(wanted);
	if (level !== undefined) return level;
	throw permanent("CONFIG_LOG_LEVEL", `WATCHRABBIT_LOG_LEVEL is "${wanted}", which is no level`, {
		fix: `Set WATCHRABBIT_LOG_LEVEL to one of ${logLevels.join(", ")}.`,
	});
}

export function namedLogLevel(wanted: unknown): LogLevel | undefined {
	return logLevels.find((known) => known === wanted);
}

export interface LoggerOptions {
	readonly level: LogLevel;
	/** For people on a terminal; otherwise one JSON object a line. */
	readonly pretty: boolean;
	readonly colours: boolean;
	/** Standard error unless given. Lines are written at once: the last one before a crash is the one that is needed. */
	readonly stream?: DestinationStream;
}

export function createLogger({ level, pretty: forPeople, colours, stream }: LoggerOptions): Logger {
	const target = stream ?? destination({ dest: 2, sync: true });
	const lines = forPeople ? sentences(target, colours) : target;
	return pino(
		{
			level,
			base: null,
			timestamp: pino.stdTimeFunctions.isoTime,
			formatters: { level: (label) => ({ level: label }) },
			serializers: { error: errorFields },
		},
		lines,
	);
}

/** For people: time, level and the sentence. The fields are for machines, and the sentence tells what they hold. */
function sentences(target: DestinationStream, colours: boolean): DestinationStream {
	const time = String;
	const format = prettyFactory({
		colorize: colours,
		translateTime: "SYS:HH:MM:ss",
		customPrettifiers: { time },
		hideObject: true,
	});
	return { write: (line) => target.write(format(line)) };
}

/** Stacks are told for faults alone: for everything else the code and the fix say more. */
function errorFields(thrown: unknown) {
	const error = asWatchRabbitError(thrown);
	const cause = error.cause instanceof Error ? error.cause.message : undefined;
	return {
		code: error.code,
		class: error.class,
		message: error.message,
		fix: error.fix,
		cause,
		stack: error.class === "fault" ? error.stack : undefined,
	};
}
