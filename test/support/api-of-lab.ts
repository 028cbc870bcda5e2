import { type Api, createApi } from "#api/api.ts";
import { operate } from "#app/operate.ts";
import type { Workbench } from "#cli/application.ts";
import { MemoryCache } from "#connectors/memory/cache.ts";
import { MemoryThrottle } from "#connectors/memory/throttle.ts";
import { systemClock } from "#core/clock.ts";
import { untraced } from "#core/ports/tracer.ts";
import { Health } from "#observability/health.ts";
import { createMetrics } from "#observability/metrics.ts";
import { quietLevels } from "./quiet-levels.ts";

/** The API over what a small lab has opened. */
export function apiOfLab(bench: Workbench, more: Partial<Parameters<typeof createApi>[0]> = {}): Api {
	return createApi({
		...bench,
		cache: new MemoryCache(),
		health: new Health(systemClock),
		metrics: createMetrics(),
		levels: quietLevels(),
		alerts: { active: [] },
		tracer: untraced,
		operate: (request) => operate(bench, request),
		throttle: new MemoryThrottle(systemClock),
		report: () => {},
		...more,
	});
}
