import type { UnfinishedJobs } from "#core/ports/catalog.ts";
import type { Pause, Target } from "#domain/operation.ts";
import { isoTime } from "#domain/resources.ts";
import type { ApiContext } from "../context.ts";

/** What waits and what runs, and what is held back. */
export interface Load {
	readonly pauses: readonly Pause[];
	readonly of: (which: (jobs: UnfinishedJobs) => boolean) => { readonly queued: number; readonly running: number };
}

export async function loadOf({ catalog, operations }: Pick<ApiContext, "catalog" | "operations">): Promise<Load> {
	const [unfinished, pauses] = await Promise.all([catalog.countUnfinished(), operations.pauses(Date.now())]);
	return {
		pauses,
		of: (which) => {
			const own = unfinished.filter(which);
			const sum = (isOne: (jobs: UnfinishedJobs) => boolean) =>
				own.filter(isOne).reduce((all, { count }) => all + count, 0);
			return { queued: sum(({ state }) => state !== "running"), running: sum(({ state }) => state === "running") };
		},
	};
}

export function heldBack({ pauses }: Load, type: Target["type"], name: string) {
	const pause = pauses.find(({ on }) => on.type === type && on.name === name);
	return pause === undefined ? null : { since: isoTime(pause.since), by: pause.by, why: pause.why ?? null };
}
