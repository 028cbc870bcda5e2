import type { Kysely } from "kysely";
import type { AcquisitionRow } from "#core/ports/catalog-rows.ts";
import type { Acquisition, Member } from "#domain/acquisition.ts";
import { chunks } from "./insert-rows.ts";
import { nameFromColumn } from "./name-column.ts";
import type { AcquisitionsTable, MembersTable, Schema } from "./schema.ts";

export function asAcquisition(row: AcquisitionsTable, members: readonly Member[]): Acquisition {
	return {
		source: row.source,
		key: nameFromColumn(row.key),
		kind: row.kind as Acquisition["kind"],
		members,
		acquiredAt: row.acquired_at,
		settledAt: row.settled_at,
		captures: JSON.parse(row.captures),
		...(row.incomplete === null ? {} : { incomplete: row.incomplete }),
	};
}

export function asAcquisitionRow(row: AcquisitionsTable, members: readonly Member[]): AcquisitionRow {
	return {
		...asAcquisition(row, members),
		id: row.id,
		version: row.version,
		supersededBy: row.superseded_by ?? undefined,
		incomplete: row.incomplete ?? undefined,
		root: nameFromColumn(row.root),
		bytes: row.bytes,
		digest: row.digest,
		createdAt: row.created_at,
		note: row.note ?? undefined,
		safeToDeleteSince: row.safe_at ?? undefined,
		traceparent: row.traceparent,
	};
}

/** Members by acquisition, in order: one query for a page of acquisitions. */
export async function membersOf(
	db: Kysely<Schema>,
	acquisitions: readonly string[],
): Promise<ReadonlyMap<string, readonly Member[]>> {
	const members = new Map<string, Member[]>();
	for (const chunk of chunks([...new Set(acquisitions)], 500)) {
		const rows = await db
			.selectFrom("acquisition_members")
			.selectAll()
			.where("acquisition", "in", chunk)
			.orderBy("acquisition")
			.orderBy("position")
			.execute();
		for (const row of rows) {
			const known = members.get(row.acquisition);
			if (known === undefined) members.set(row.acquisition, [asMember(row)]);
			else known.push(asMember(row));
		}
	}
	return members;
}

function asMember(row: MembersTable): Member {
	return {
		path: nameFromColumn(row.path),
		size: row.size,
		sha256: row.sha256,
		mtimeNs: row.mtime_ns,
		ctimeNs: row.ctime_ns,
		inode: row.inode,
	};
}
