import type { PoolSettings } from "#domain/settings.ts";
import type { Engine } from "./engine.ts";
import { localR } from "./local-r.ts";
import type { Placement } from "./placement.ts";

/**
 * A warm R with the packages loaded that serves one run, for packages that cannot be forked once they are loaded
 * (threads of their own, Java, Arrow). While all workers run, as many others get ready.
 */
export function spareEngine(rscript: string, settings: PoolSettings, placement: Placement): Engine {
	return {
		...localR("spare", rscript, settings, placement),
		forks: false,
		runsPerProcess: 1,
		bytesPerProcess: Number.POSITIVE_INFINITY,
		slots: (workers) => 2 * workers,
		warm: (workers) => workers,
	};
}
