import type { OperationRow } from "#core/ports/operations.ts";
import { type Pause, pauseInWords, targetInWords } from "./operation.ts";
import { isoTime } from "./resources.ts";

/** Operations and pauses as they leave the program, by the rules of `resources.ts`. */

export function operationResource(row: OperationRow) {
	const { id, kind, target, state, progress, requestedBy, why, error } = row;
	return {
		id,
		kind,
		target: { type: target.type, name: target.name, path: target.path ?? null },
		source: row.source ?? null,
		pipeline: row.pipeline ?? null,
		state,
		progress,
		requestedBy,
		why: why ?? null,
		error: error === undefined ? null : { ...error, fix: error.fix ?? null },
		requestedAt: isoTime(row.requestedAt),
		startedAt: isoTime(row.startedAt),
		endedAt: isoTime(row.endedAt),
	};
}

export function pauseResource(pause: Pause) {
	const { on, since, by, why } = pause;
	return {
		target: { type: on.type, name: on.name, path: on.path ?? null },
		words: pauseInWords(pause),
		what: targetInWords(on),
		by,
		why: why ?? null,
		since: isoTime(since),
	};
}

export type OperationResource = ReturnType<typeof operationResource>;
