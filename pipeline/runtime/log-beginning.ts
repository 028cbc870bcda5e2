import type { IntakeCatalog, Lease } from "#core/ports/catalog.ts";
import type { LogPartition, LogPosition } from "#core/ports/event-log.ts";
import { type PersistContext, persist } from "./persist.ts";

export interface BeginningContext extends PersistContext {
	readonly log: LogPartition;
	readonly catalog: Pick<IntakeCatalog, "position" | "beginLog">;
	/** What it is begun under, where several processes share the log. */
	readonly lease?: () => Lease;
	/** The log is another one than before. */
	readonly anew?: boolean;
}

/** Behind what a log is to be read; undefined: from its first event, which the edges hear of. */
export async function beginningOf(context: BeginningContext): Promise<LogPosition | undefined> {
	const { log, catalog, clock, lease, anew } = context;
	const position = anew ? undefined : await persist("catalog", () => catalog.position(log.name), context);
	if (position !== undefined) return position;
	await persist("catalog", () => catalog.beginLog(log.name, clock.now(), lease?.()), context);
	return undefined;
}
