import type { WatchRabbitError } from "#core/errors.ts";
import type { AttemptCause } from "#domain/job.ts";

/** No fault of the job's. */
export const ended: AttemptCause = {
	class: "transient",
	code: "ENDED",
	message: "the worker was ended before the analysis was done",
};

export function causeOf({ class: kind, code, message, fix }: WatchRabbitError): AttemptCause {
	return fix === undefined ? { class: kind, code, message } : { class: kind, code, message, fix };
}
