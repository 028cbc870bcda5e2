import { permanent } from "#core/errors.ts";
import type { ReadCatalog } from "#core/ports/catalog.ts";
import type { OperationRequest, OperationsCatalog, Requested } from "#core/ports/operations.ts";
import type { WakeUp } from "#core/wake-up.ts";
import { type OperationKind, operationTargets, type Target, targetInWords } from "#domain/operation.ts";
import type { Settings } from "#domain/settings.ts";
import type { AnalysisLibrary } from "./analysis-library.ts";
import { planJob } from "./plan.ts";

export interface OperateContext {
	readonly settings: Pick<Settings, "sources" | "pipelines" | "pools">;
	readonly catalog: Pick<ReadCatalog, "job" | "acquisition"> & { readonly operations: OperationsCatalog };
	readonly library: AnalysisLibrary;
	/** Rung when it was noted: who is to carry it out looks at once. */
	readonly asked?: Pick<WakeUp, "ring">;
}

/**
 * Asks for an operation, wherever somebody does: names are held against the configuration, and a job that is run again is
 * planned with its pipeline as it is now.
 *
 * @throws WatchRabbitError TARGET_UNKNOWN, OPERATION_REFUSED, IDEMPOTENCY_KEY_REUSED, SCRIPT_MISSING
 */
export async function operate(context: OperateContext, request: OperationRequest, now: number): Promise<Requested> {
	const { kind, target } = request;
	refuseUnsuitable(kind, target);
	// The same answer, whatever became of it since.
	const before = await context.catalog.operations.repeated(request);
	if (before !== undefined) return before;
	refuseUnknown(context.settings, kind, target);
	const plan = kind === "replay" ? await planNow(context, target.name) : undefined;
	const requested = await context.catalog.operations.request({ ...request, ...(plan && { plan }) }, now);
	context.asked?.ring();
	return requested;
}

function refuseUnsuitable(kind: OperationKind, { type, path }: Target): void {
	const types: readonly string[] = operationTargets[kind];
	if (types.includes(type) && (path !== undefined) === (type === "file")) return;
	throw permanent("OPERATION_REFUSED", `${kind} is nothing to be asked of a ${type}`, {
		fix: `Ask it of one of: ${types.join(", ")}.`,
	});
}

/** What left the configuration may still be held back: that can be ended. */
function refuseUnknown(settings: OperateContext["settings"], kind: OperationKind, target: Target): void {
	if (kind === "resume" || kind === "release") return;
	const { type, name } = target;
	const known = namesOf(settings, type);
	if (known?.includes(name) === false) {
		throw permanent("TARGET_UNKNOWN", `there is no ${type === "file" ? "source" : type} ${name}`, {
			fix: known.length === 0 ? "The configuration has none." : `The configuration has ${known.join(", ")}.`,
		});
	}
	if (type === "process" && !/^[^\s\0:]{1,255}:\d{1,10}$/.test(name)) {
		throw permanent("TARGET_UNKNOWN", `${targetInWords(target)} is none: a process is named HOST:PID`, {
			fix: "Its host, and its process id as `watchrabbit health` shows it there.",
		});
	}
}

/** Undefined: it is named by no configuration. */
function namesOf({ sources, pipelines, pools }: OperateContext["settings"], type: Target["type"]) {
	const named = { source: sources, file: sources, pipeline: pipelines, pool: pools } as const;
	return type in named ? named[type as keyof typeof named].map(({ name }) => name) : undefined;
}

/** A pipeline that left the configuration has no other analysis than the one that the job was made for. */
async function planNow({ settings, catalog, library }: OperateContext, job: string) {
	const known = await catalog.job(job);
	const acquisition = known && (await catalog.acquisition(known.acquisition));
	const pipeline = settings.pipelines.find(({ name }) => name === known?.pipeline);
	return pipeline && acquisition && (await planJob(pipeline, acquisition, library));
}
