import type { InternalEvent, Report } from "#domain/report.ts";

/** Keeps what a cache tells of itself; what it was asked is for the metrics. */
export function toldByCache(told: InternalEvent[]): Report {
	return (event) => {
		if (event.event !== "cache.asked") told.push(event);
	};
}
