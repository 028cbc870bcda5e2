import type { WatchRabbitError } from "#core/errors.ts";

/** What a command ends with, for scripts. */
export const exitCodes = {
	done: 0,
	/** The work failed, or what was compared differs. */
	failed: 1,
	/** Called wrongly, or configured wrongly. */
	usage: 2,
	/** Something that is needed cannot be reached. */
	unreachable: 3,
} as const;

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

/** Codes of permanent errors that say: something that is needed is not there. */
export const unreachableCodes: ReadonlySet<string> = new Set([
	"R_MISSING",
	"CATALOG_MISSING",
	"NOT_RUNNING",
	"NOT_SERVED",
	"DATABASE_MISSING",
	"DATABASE_CANNOT_OPEN",
	"DATABASE_REFUSED",
	"DATABASE_PERMISSION",
	"DATABASE_TLS",
	"DATABASE_TOO_OLD",
	"DATABASE_ENCODING",
]);
/** Codes beside USAGE_* and CONFIG_* that say: what was asked for, or configured, does not exist. */
export const usageCodes: ReadonlySet<string> = new Set([
	"PIPELINE_UNKNOWN",
	"TRY_NO_FILE",
	"STAGE_UNKNOWN",
	"DATABASE_URL",
	"USER_NAME",
	"USER_UNKNOWN",
	"USER_ELSEWHERE",
	"KEY_UNKNOWN",
	"PASSWORD_WEAK",
	"TARGET_UNKNOWN",
]);

export function exitCodeOf({ code, class: kind }: WatchRabbitError): ExitCode {
	if (/^(CONFIG|USAGE)_/.test(code) || usageCodes.has(code)) return exitCodes.usage;
	if (kind === "transient" || unreachableCodes.has(code)) return exitCodes.unreachable;
	return exitCodes.failed;
}
