import type { WatchRabbitError } from "#core/errors.ts";
import type { WakeUp } from "#core/wake-up.ts";
import type { Report } from "#domain/report.ts";
import type { Settings } from "#domain/settings.ts";
import { type CarryAtEdgeContext, carryAtEdge } from "#runtime/carry-at-edge.ts";
import { carryHere } from "#runtime/carry-here.ts";
import { carryInFlow } from "#runtime/carry-in-flow.ts";
import { Carrying } from "#runtime/carrying.ts";
import type { Paused } from "#runtime/paused.ts";
import type { State } from "./state.ts";

interface CarriersContext extends Pick<State, "catalog" | "objects" | "clock"> {
	readonly paused: Paused;
	readonly report: Report;
	readonly onBroken: (error: WatchRabbitError) => void;
}

/** Who carries out what people ask for: of the role watch, for the sources that it watches. */
export function carryingAtEdge(
	context: CarriersContext,
	edge: Omit<CarryAtEdgeContext, "paused">,
	watches: (source: string) => boolean,
): Carrying {
	const names = edge.sources.map(({ settings }) => settings.name);
	return new Carrying({
		...context,
		operations: context.catalog.operations,
		ours: () => ({ kinds: ["rescan", "quarantine", "release"], sources: names.filter(watches) }),
		carry: carryAtEdge({ ...edge, paused: context.paused }),
	});
}

/** Of the role flow, in one process of all. */
export function carryingInFlow(
	context: CarriersContext,
	settings: Settings,
	committed: Pick<WakeUp, "ring">,
): Carrying {
	return new Carrying({
		...context,
		operations: context.catalog.operations,
		ours: () => ({
			kinds: ["resume", "drain", "safe-to-delete"],
			targets: ["pipeline", "pool", "process", "everything", "acquisition"],
		}),
		carry: carryInFlow({ ...context, settings, committed }),
	});
}

/** Of every process that works: its own drain. */
export function carryingHere(context: CarriersContext, process: string, inHand: () => number): Carrying {
	return new Carrying({
		...context,
		operations: context.catalog.operations,
		ours: () => ({ kinds: ["drain"], targets: ["process"], names: [process] }),
		carry: carryHere({ ...context, inHand }),
	});
}
