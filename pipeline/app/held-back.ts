import { transient, type WatchRabbitError } from "#core/errors.ts";
import type { ReadCatalog } from "#core/ports/catalog.ts";
import type { Ledger } from "#core/ports/ledger.ts";
import { counted } from "#domain/counted.ts";
import { type Pause, pauseInWords, pauseOfJob } from "#domain/operation.ts";
import { heldBackBy } from "#runtime/held-back.ts";
import type { Paused } from "#runtime/paused.ts";

/** Jobs that wait for a resume, by what holds them back; without those of some pools. */
export async function heldJobs(
	catalog: Pick<ReadCatalog, "countUnfinished">,
	{ all }: Pick<Paused, "all">,
	exceptPools: readonly string[] = [],
): Promise<ReadonlyMap<Pause, number>> {
	const held = new Map<Pause, number>();
	if (all.every(({ on }) => on.type !== "everything" && on.type !== "pipeline" && on.type !== "pool")) return held;
	for (const { state, count, ...of } of await catalog.countUnfinished()) {
		const pause = pauseOfJob(all, of);
		if (pause === undefined || state === "running" || exceptPools.includes(of.pool)) continue;
		held.set(pause, count + (held.get(pause) ?? 0));
	}
	return held;
}

export interface HeldBackContext {
	readonly catalog: Pick<ReadCatalog, "countUnfinished">;
	readonly ledger: Pick<Ledger, "note">;
	readonly sources: readonly string[];
	readonly paused: Pick<Paused, "all" | "drained" | "source">;
}

/** What would still be done if nothing were held back; undefined: all is done that there is to do. */
export async function whatIsHeldBack(context: HeldBackContext): Promise<WatchRabbitError | undefined> {
	const { catalog, ledger, sources, paused } = context;
	const [job] = await heldJobs(catalog, paused);
	if (job !== undefined) return heldBack(`${counted(job[1], "job")} wait`, job[0]);
	const source = sources.find((name) => paused.source(name) !== undefined && heldBackBy(ledger, name) !== undefined);
	if (source !== undefined) return heldBack(`what settled in source ${source} waits`, paused.source(source) as Pause);
	return paused.drained && heldBack("nothing new is begun", paused.drained);
}

function heldBack(what: string, pause: Pause): WatchRabbitError {
	const { type, name } = pause.on;
	return transient("PAUSED", `${what}: ${pauseInWords(pause)}`, {
		fix: `When it may go on: watchrabbit resume ${type === "everything" ? type : `${type} ${name}`}`,
	});
}
