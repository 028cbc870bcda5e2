import type { WatchRabbitError } from "#core/errors.ts";
import type { AttemptCause } from "#domain/job.ts";

export function causeOf({ class: kind, code, message, fix }: WatchRabbitError): AttemptCause {
	return fix === undefined ? { class: kind, code, message } : { class: kind, code, message, fix };
}
