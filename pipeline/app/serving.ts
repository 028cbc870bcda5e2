import { type Api, createApi } from "#api/api.ts";
import { MemoryThrottle } from "#connectors/memory/throttle.ts";
import type { Clock } from "#core/clock.ts";
import type { Inlet } from "#core/ports/inlet.ts";
import type { WakeUp } from "#core/wake-up.ts";
import type { AnalysisLibrary } from "#runtime/analysis-library.ts";
import { operate } from "#runtime/operate.ts";
import type { Surroundings } from "./running.ts";
import type { State } from "./state.ts";

/** Rung when an operation was asked for. */
export const askedBell = "operations";
/** Rung when something was written that histories tell. */
export const liveBell = "live";

/** Opened when they are needed first. */
interface Bells {
	readonly asked: () => WakeUp;
	readonly live: () => WakeUp;
}

/** Of a process that only serves. */
export function bellsOf({ wakeUp }: Pick<State, "wakeUp">): Bells {
	return { asked: () => wakeUp(askedBell), live: () => wakeUp(liveBell) };
}

interface ServingContext extends Bells {
	readonly library: AnalysisLibrary;
	/** Of the catalog. */
	readonly judge: Clock;
	readonly inlets: ReadonlyMap<string, Inlet> | undefined;
}

/** The role serve: the API over what the process has opened. */
export function createServing(
	surroundings: Surroundings,
	{ library, judge, asked, live, inlets }: ServingContext,
): Api {
	const { state, settings, clock } = surroundings;
	return createApi({
		...surroundings,
		...state,
		inlets,
		moved: live,
		operate: (request) => operate({ settings, catalog: state.catalog, library, asked: asked() }, request, judge.now()),
		throttle: new MemoryThrottle(clock),
	});
}
