import { minute } from "./durations.ts";

/** What alerts compare and dashboards colour alike. */
export const thresholds = {
	/** Of the attempts that end, those that fail or are lost. */
	failureShare: 0.05,
	/** A source is silent after so many times its usual pause, and not before so long. */
	silence: { times: 3, atLeastSeconds: 15 * minute },
} as const;
