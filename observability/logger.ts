import { type DestinationStream, destination, type Logger, pino } from "pino";
import { prettyFactory } from "pino-pretty";
import { asWatchRabbitError, permanent } from "#core/errors.ts";
import { coverSecrets } from "#core/secrets.ts";
import { oneLine } from "#domain/one-line.ts";
import { type LogLevel, logLevels, namedLogLevel } from "./log-level-names.ts";

export type { Logger } from "pino";

/** @throws WatchRabbitError CONFIG_LOG_LEVEL (permanent) */
export function logLevel(environment: NodeJS.ProcessEnv): LogLevel {
	const wanted = environment.WATCHRABBIT_LOG_LEVEL ?? "info";
	const level = namedLogLevel(wanted);
	if (level !== undefined) return level;
	throw permanent("CONFIG_LOG_LEVEL", `WATCHRABBIT_LOG_LEVEL is "${wanted}", which is no level`, {
		fix: `Set WATCHRABBIT_LOG_LEVEL to one of ${logLevels.join(", ")}.`,
	});
}

interface ProcessFields {
	readonly host: string;
	readonly pid: number;
	readonly roles: string;
	readonly version: string;
}

export interface LoggerOptions {
	readonly level: LogLevel;
	/** For people on a terminal; otherwise one JSON object a line. */
	readonly pretty: boolean;
	readonly colours: boolean;
	/** Which process it is, told in each line for who collects those of many. */
	readonly process?: ProcessFields;
	/** Is given each line as it is written for machines, too. */
	readonly copy?: (line: string) => void;
	/** Standard error unless given. Lines are written at once: the last one before a crash is the one that is needed. */
	readonly stream?: DestinationStream;
}

export function createLogger({ level, pretty: forPeople, colours, process, copy, stream }: LoggerOptions): Logger {
	const target = stream ?? destination({ dest: 2, sync: true });
	const lines = forPeople ? sentences(target, colours) : target;
	return pino(
		{
			level,
			base: process ?? null,
			timestamp: pino.stdTimeFunctions.isoTime,
			formatters: { level: (label) => ({ level: label }) },
			serializers: { error: errorFields },
			// The one place through which a line goes out, whatever is in it.
			hooks: {
				streamWrite: (line) => {
					const told = covered(line);
					copy?.(told);
					return told;
				},
			},
		},
		lines,
	);
}

/**
 * In what it says, not in how: a secret may be a word of JSON, or end at a quotation mark, and a line that cannot be read
 * tells nobody anything. What pino itself wrote holds none.
 */
function covered(line: string): string {
	if (coverSecrets(line) === line) return line;
	const cover = (name: string, value: unknown) =>
		typeof value !== "string" || name === "time" || name === "level" ? value : coverSecrets(value);
	return `${JSON.stringify(JSON.parse(line, cover))}\n`;
}

/** For people: time, level and the sentence. The fields are for machines, and the sentence tells what they hold. */
function sentences(target: DestinationStream, colours: boolean): DestinationStream {
	const time = String;
	const format = prettyFactory({
		colorize: colours,
		translateTime: "SYS:HH:MM:ss",
		customPrettifiers: { time },
		// What each line says is plain; its level has the colour.
		customColors: "trace:gray,debug:blue,info:green,warn:yellow,error:red,fatal:bgRed,message:reset",
		ignore: "pid",
		// R's own words are in some of them.
		messageFormat: ({ msg }) => oneLine(String(msg)),
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
