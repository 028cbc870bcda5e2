import { permanent, type WatchRabbitError } from "#core/errors.ts";
import type { OperationRequest } from "#core/ports/operations.ts";
import { type Target, targetInWords } from "#domain/operation.ts";
import type { Turn } from "../turn.ts";

/** What an operation came to in the transaction that notes it. */
export interface Begun {
	/** `requested`: there is more to be done, by whoever can. */
	readonly state: "completed" | "requested";
	readonly message: string;
	/** It was so before. */
	readonly already?: true;
	/** Whose it is, where the target alone does not say it. */
	readonly source?: string;
	readonly pipeline?: string;
	/** Of a replay, the one that runs. */
	readonly job?: string;
}

/**
 * One operation; `id` is that of its row, which is written after it.
 *
 * @throws WatchRabbitError TARGET_UNKNOWN, OPERATION_REFUSED (permanent): nothing was written
 */
export type Begin = (turn: Turn, request: OperationRequest, id: string) => Promise<Begun>;

export function unknown(target: Target, fix: string): WatchRabbitError {
	return permanent("TARGET_UNKNOWN", `there is no ${targetInWords(target)}`, { fix });
}

export function refused(message: string, fix: string): WatchRabbitError {
	return permanent("OPERATION_REFUSED", message, { fix });
}
