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
const unreachable = new Set(["R_MISSING", "STATE_MISSING"]);

export function exitCodeOf(error: WatchRabbitError): ExitCode {
	if (/^(CONFIG|USAGE)_/.test(error.code)) return exitCodes.usage;
	if (error.class === "transient" || unreachable.has(error.code)) return exitCodes.unreachable;
	return exitCodes.failed;
}
