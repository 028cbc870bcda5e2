import { defaultObjectives } from "#domain/objectives.ts";

const { result, api } = defaultObjectives;

/** What the colours of numbers mean; as the alerts have it. */
export const targets = {
	resultWithinSeconds: result.withinMs / 1000,
	resultShare: result.of,
	apiShare: api.of,
	failureShare: 0.05,
} as const;
