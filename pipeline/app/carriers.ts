import type { WatchRabbitError } from "#core/errors.ts";
import type { WakeUp } from "#core/wake-up.ts";
import type { OperationKind } from "#domain/operation.ts";
import type { Report } from "#domain/report.ts";
import type { Settings } from "#domain/settings.ts";
import { type CarryAtEdgeContext, carryAtEdge } from "#runtime/carry-at-edge.ts";
import { carryHere } from "#runtime/carry-here.ts";
import { carryInFlow } from "#runtime/carry-in-flow.ts";
import { Carrying, type CarryingContext } from "#runtime/carrying.ts";
import type { Paused } from "#runtime/paused.ts";
import type { State } from "./state.ts";

/** So much is carried out at once of what has work to do. */
const workAtOnce = 16;
/** A drain only looks how far it is, for hours maybe. */
const drainsAtOnce = 1_000;

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
): readonly Carrying[] {
	const names = edge.sources.map(({ settings }) => settings.name);
	const carry = carryAtEdge({ ...edge, paused: context.paused });
	const ofKinds = (...kinds: readonly OperationKind[]) =>
		carrying(context, { ours: () => ({ kinds, sources: names.filter(watches) }), carry, atOnce: workAtOnce });
	return [ofKinds("quarantine", "release"), ofKinds("rescan")];
}

/** Of the role flow, in one process of all. */
export function carryingInFlow(
	context: CarriersContext,
	settings: Pick<Settings, "pipelines">,
	committed: Pick<WakeUp, "ring">,
): readonly Carrying[] {
	const carry = carryInFlow({ ...context, settings, committed });
	const ofKind = (kind: OperationKind, atOnce: number) =>
		carrying(context, { ours: () => ({ kinds: [kind] }), carry, atOnce });
	return [ofKind("resume", workAtOnce), ofKind("drain", drainsAtOnce), ofKind("safe-to-delete", workAtOnce)];
}

/** Of every process: its own drain. */
export function carryingHere(context: CarriersContext, process: string, inHand: () => number): Carrying {
	return carrying(context, {
		ours: () => ({ kinds: ["drain"], targets: ["process"], names: [process] }),
		carry: carryHere({ ...context, inHand }),
		atOnce: workAtOnce,
	});
}

/** What takes long has one apart: it keeps nothing else waiting. */
function carrying(context: CarriersContext, own: Pick<CarryingContext, "ours" | "carry" | "atOnce">): Carrying {
	return new Carrying({ ...context, operations: context.catalog.operations, ...own });
}
