import type { AcquisitionRow } from "#core/ports/catalog-rows.ts";
import type { LedgerEntry, PathLife } from "#core/ports/ledger.ts";
import type { PathString } from "#domain/path.ts";
import type { Workbench } from "../application.ts";
import { rowsOf } from "../listing.ts";

export function toldByCatalog(holder: string | undefined): string {
	const whose = holder === undefined ? "another host's" : `that of ${holder}, which watches its source now`;
	return `told by the catalog: the ledger that has seen it is ${whose}`;
}

/** The life of a path that this host's ledger cannot tell of, as far as the catalog knows it: from when it was taken in. */
export async function lifeElsewhere(
	{ catalog }: Workbench,
	source: string,
	path: PathString,
): Promise<PathLife | undefined> {
	const [member] = (await catalog.acquisitionsOf(source, path)).filter(
		({ kind }) => kind !== "group" && kind !== "batch",
	);
	const newest = member ?? (await folder());
	if (newest === undefined) return undefined;
	return { entry: entryIn(newest, path), folder: undefined, wakeAt: undefined, events: [] };

	async function folder(): Promise<AcquisitionRow | undefined> {
		for await (const version of rowsOf((request) => catalog.acquisitions(request), { source, key: path }, 1)) {
			if (version.kind === "folder") return version;
		}
		return undefined;
	}
}

function entryIn(acquisition: AcquisitionRow, path: PathString): LedgerEntry {
	const { source, kind, members, bytes, createdAt, settledAt } = acquisition;
	const member = members.find((each) => each.path === path);
	const stat = { mtimeNs: 0n, ctimeNs: 0n, inode: 0n, size: member?.size ?? bytes };
	return {
		id: 0,
		source,
		path,
		kind: member === undefined ? "folder" : kind === "file" ? "file" : "member",
		state: "settled",
		reason: undefined,
		stat,
		sha256: member?.sha256,
		generation: 0,
		goneAt: undefined,
		unit: undefined,
		firstSeenAt: createdAt,
		changedAt: settledAt,
	};
}
