import { permanent, type WatchRabbitError } from "./errors.ts";

export const logReplacedCode = "LOG_REPLACED";

/** What a reader of a log says that cannot go on where it was: see LogReader. */
export function logReplaced(log: string, how: string): WatchRabbitError {
	return permanent(logReplacedCode, `${log} ${how}`, {
		fix: "Nothing to do: it is read from its first event, and what its edges had published is published again.",
	});
}
