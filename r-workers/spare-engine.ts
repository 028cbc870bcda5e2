import type { PoolSettings } from "#domain/settings.ts";
import type { Engine } from "./engine.ts";
import { limitAddressSpace, localR, missingR, startSettings } from "./local-r.ts";
import type { Placement } from "./placement.ts";
import { requestLiteral } from "./request-literal.ts";

/**
 * A warm R with the packages loaded that serves one run, for packages that cannot be forked once they are loaded
 * (threads of their own, Java, Arrow). While all workers run, as many others get ready.
 */
export function spareEngine(rscript: string, settings: PoolSettings, placement: Placement): Engine {
	return {
		name: "spare",
		forks: false,
		runsPerProcess: 1,
		slots: 2 * settings.workers,
		warm: settings.workers,
		settings: startSettings(settings),
		command: () => localR(rscript, "spare", placement),
		line: requestLiteral,
		limit: (pid) => limitAddressSpace(pid, settings.memoryBytes),
		missing: () => missingR(rscript),
	};
}
