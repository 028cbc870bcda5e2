import { z } from "zod";
import type { OperationRow } from "#core/ports/operations.ts";
import { operationKinds, operationStates, type Pause, pauseInWords, targetInWords, targetTypes } from "./operation.ts";
import { isoTime } from "./resources.ts";

const time = z.iso.datetime();

export const operationForm = z
	.object({
		id: z.string(),
		kind: z.enum(operationKinds),
		target: z.object({
			type: z.enum(targetTypes),
			name: z.string().describe("Of a file its source."),
			path: z.string().nullable().describe("Of a file."),
		}),
		source: z.string().nullable(),
		pipeline: z.string().nullable(),
		state: z.enum(operationStates),
		progress: z.object({ done: z.int(), total: z.int().describe("0: nobody knows yet."), message: z.string() }),
		requestedBy: z.string(),
		why: z.string().nullable(),
		error: z.object({ code: z.string(), message: z.string(), fix: z.string().nullable() }).nullable(),
		requestedAt: time,
		startedAt: time.nullable(),
		endedAt: time.nullable(),
	})
	.meta({ id: "Operation", description: "What somebody asked for while the lab works, and what came of it." });

export type OperationResource = z.output<typeof operationForm>;

/** Operations and pauses as they leave the program, by the rules of `resources.ts`. */

export function operationResource(row: OperationRow): OperationResource {
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
