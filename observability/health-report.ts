import { isoTime } from "#domain/resources.ts";
import type { ActiveAlert } from "./alerts/active-alerts.ts";
import { type AlertResource, alertResource } from "./alerts/alert-resource.ts";
import type { CheckState, Dependency, Health } from "./health.ts";

/** How a process and all that it works with is, as it is told to others. Times are ISO 8601. */
export interface HealthReport {
	/** It takes work. */
	readonly ok: boolean;
	/** A restart would not help. */
	readonly live: boolean;
	readonly draining: boolean;
	readonly at: string;
	readonly dependencies: readonly DependencyReport[];
	/** That fire: to know, and no reason not to be ready. */
	readonly alerts: readonly AlertResource[];
}

export interface DependencyReport {
	readonly name: string;
	readonly state: CheckState;
	readonly since: string;
	readonly detail: string;
	readonly optional: boolean;
	readonly breaker: "closed" | "open" | "half-open";
	readonly attempts: number;
	readonly nextAttemptAt: string | null;
	readonly latencySeconds: number | null;
	readonly lookedAt: string | null;
	readonly lastError: {
		readonly code: string;
		readonly message: string;
		readonly fix: string | null;
		readonly at: string;
	} | null;
	readonly recovered: {
		readonly times: number;
		readonly lastAt: string | null;
		readonly afterAttempts: number | null;
		readonly afterSeconds: number | null;
	};
}

export function healthReport(
	health: Health,
	active: readonly ActiveAlert[],
	draining: boolean,
	now: number,
): HealthReport {
	return {
		ok: health.ready().ok && !draining,
		live: health.live().ok,
		draining,
		at: isoTime(now),
		dependencies: health.dependencies().map(reported),
		alerts: active.filter(({ state }) => state === "firing").map(alertResource),
	};
}

function reported({ look, lastError, recovery, since, nextAttemptAt, ...known }: Dependency): DependencyReport {
	const { times, last } = recovery;
	return {
		...known,
		since: isoTime(since),
		nextAttemptAt: nextAttemptAt === undefined ? null : isoTime(nextAttemptAt),
		latencySeconds: look?.seconds ?? null,
		lookedAt: look === undefined ? null : isoTime(look.at),
		lastError: lastError === undefined ? null : { ...lastError, fix: lastError.fix ?? null, at: isoTime(lastError.at) },
		recovered: {
			times,
			lastAt: last === undefined ? null : isoTime(last.at),
			afterAttempts: last?.attempts ?? null,
			afterSeconds: last === undefined ? null : last.afterMs / 1000,
		},
	};
}
