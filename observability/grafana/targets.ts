import { defaultObjectives } from "#domain/objectives.ts";
import { thresholds } from "../alerts/thresholds.ts";
import { metricCatalogue as m } from "../metric-catalogue.ts";
import { orZero, rate, share } from "./expressions.ts";

const { result, api } = defaultObjectives;

/** What the colours of numbers mean; as the alerts have it. */
export const targets = {
	resultWithinSeconds: result.withinMs / 1000,
	resultShare: result.of,
	apiShare: api.of,
	failureShare: thresholds.failureShare,
} as const;

/** Of the first results in the time that is shown, the share that `objectives.result` is met for. */
export const resultsInTime = share(
	`(${orZero(rate(m.objective, [], { outcome: "within" }, "$__range"))})`,
	rate(m.objective, [], {}, "$__range"),
);
