import type { AttemptCause, JobState } from "#domain/job.ts";

interface Attempted {
	readonly state: JobState;
	readonly cause?: AttemptCause | null | undefined;
	readonly attemptsUsed: number;
	readonly attemptsAllowed: number;
}

/** Of a dead job that has attempts left: why none was made. */
export function whyNoMore({ state, cause, attemptsUsed, attemptsAllowed }: Attempted): string {
	const isLeft = state === "dead" && attemptsUsed < attemptsAllowed && cause?.class === "permanent";
	return isLeft ? ", because trying again would not help" : "";
}
