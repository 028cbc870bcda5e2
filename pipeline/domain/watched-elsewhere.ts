import type { Lease, ReadCatalog } from "#core/ports/catalog.ts";
import type { Ledger } from "#core/ports/ledger.ts";
import { watchModeOf } from "./watch-mode.ts";

/** What leases of watches begin with: the source follows, and then what its directory is to all hosts. */
const everyWatch = "watch/";

export function watchLease(source: string, share: string): string {
	return `${everyWatch}${source}/${share}`;
}

/** Under which lease this host watches a source, or did last: kept beside what it saw meanwhile. */
export function noteWatchLease(ledger: Ledger, source: string, { name, token }: Lease): void {
	ledger.setNote(noteName(source), `${name} ${token}`);
}

export interface ElsewhereContext {
	readonly ledger: Pick<Ledger, "note" | "page">;
	readonly catalog: Pick<ReadCatalog, "leasesGiven">;
}

/**
 * Of these sources those that this host's ledger cannot tell of, because it never had them, or another host was given
 * them since; with who watches them now, if anybody does.
 */
export async function watchedElsewhere(
	{ ledger, catalog }: ElsewhereContext,
	sources: readonly string[],
	now: number,
): Promise<ReadonlyMap<string, string | undefined>> {
	const given = await catalog.leasesGiven(everyWatch, now);
	return new Map(
		sources.flatMap((source): [string, string | undefined][] => {
			const [name = "", token] = (ledger.note(noteName(source)) ?? "").split(" ");
			const last = given.get(name);
			if (last !== undefined && last.token > Number(token)) return [[source, last.holder]];
			if (wasWatchedHere(ledger, source)) return [];
			// A directory that it had before left a lease that nobody holds.
			const held = [...given].find(([lease, { holder }]) => holder && lease.startsWith(watchLease(source, "")));
			return [[source, held?.[1].holder]];
		}),
	);
}

/** Whether this host's ledger ever had the source. */
function wasWatchedHere(ledger: ElsewhereContext["ledger"], source: string): boolean {
	return watchModeOf(ledger, source) !== undefined || ledger.page({ source, order: "asc", limit: 1 }).length > 0;
}

const noteName = (source: string) => `lease/${source}`;
