import type { PoolSettings } from "#domain/settings.ts";
import type { Engine } from "./engine.ts";
import { localR } from "./local-r.ts";
import type { Placement } from "./placement.ts";

/**
 * The parent uses about 220 of its cells a run. It ends long before it has to collect them: after a collection the free
 * cells lie scattered over its pages, and every run copies half as many pages again.
 */
const runsPerProcess = 2_000;

/** A warm R with the packages loaded, forked once a run. */
export function forkEngine(rscript: string, settings: PoolSettings, placement: Placement): Engine {
	return {
		...localR("fork", rscript, settings, placement),
		forks: true,
		runsPerProcess: settings.recycleRuns ?? runsPerProcess,
		bytesPerProcess: settings.recycleBytes ?? Number.POSITIVE_INFINITY,
		slots: (workers) => workers,
		warm: (workers) => workers,
	};
}
