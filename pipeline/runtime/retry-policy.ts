import type { AttemptCause } from "#domain/job.ts";
import type { RetrySettings } from "#domain/settings.ts";
import { backoffMs } from "./backoff.ts";

/** An error of a class that the pipeline names may pass, whatever else it is. */
export function causeFor(cause: AttemptCause, retryOn: readonly string[]): AttemptCause {
	return cause.conditionClass?.some((name) => retryOn.includes(name)) ? { ...cause, class: "transient" } : cause;
}

/**
 * What follows a failed attempt. A permanent cause ends the job: the same script on the same bytes fails the same way.
 * A transient one, and a fault of ours, is tried again until the attempts are used up.
 *
 * @returns milliseconds until the next attempt; undefined: the job is dead
 */
export function nextAttemptInMs(
	cause: AttemptCause,
	attempt: number,
	policy: RetrySettings,
	random: () => number = Math.random,
): number | undefined {
	if (cause.class === "permanent" || attempt >= policy.attempts) return undefined;
	return backoffMs(attempt, policy.backoffMs, policy.maxBackoffMs, random);
}
