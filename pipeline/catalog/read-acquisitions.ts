import { type Kysely, sql } from "kysely";
import type { AcquisitionRow } from "#core/ports/catalog-rows.ts";
import type { PathString } from "#domain/path.ts";
import { asAcquisitionRow, membersOf } from "./acquisition-rows.ts";
import { nameHash } from "./name-column.ts";
import { equals, type Listing, period } from "./page.ts";
import type { AcquisitionsTable, Schema } from "./schema.ts";

export const acquisitions: Listing<AcquisitionsTable, AcquisitionRow> = {
	name: "acquisitions",
	sort: [
		{ column: "acquisitions.created_at", type: "number" },
		{ column: "acquisitions.id", type: "string" },
	],
	positionOf: ({ created_at, id }) => [created_at, id],
	from: (db) => db.selectFrom("acquisitions").selectAll("acquisitions"),
	filters: {
		id: equals("acquisitions.id"),
		source: equals("acquisitions.source"),
		key: (key) => equals("acquisitions.key_hash")(nameHash(key)),
		digest: equals("acquisitions.digest"),
		state: (states) =>
			sql`case when acquisitions.superseded_by is null then 'current' else 'superseded' end in (${sql.join(states)})`,
		job: (job) => sql`acquisitions.id in (select acquisition from acquisition_jobs where job = ${job})`,
		...period("acquisitions.created_at"),
	},
	complete,
};

async function complete(db: Kysely<Schema>, rows: readonly AcquisitionsTable[]): Promise<readonly AcquisitionRow[]> {
	const members = await membersOf(
		db,
		rows.map(({ id }) => id),
	);
	return rows.map((row) => asAcquisitionRow(row, members.get(row.id) ?? []));
}

export async function acquisitionsOf(
	db: Kysely<Schema>,
	source: string,
	path: PathString,
): Promise<readonly AcquisitionRow[]> {
	const rows = await db
		.selectFrom("acquisition_members as member")
		.innerJoin("acquisitions", "acquisitions.id", "member.acquisition")
		.selectAll("acquisitions")
		.distinct()
		.where("member.path_hash", "=", nameHash(path))
		.where("acquisitions.source", "=", source)
		.orderBy("acquisitions.created_at", "desc")
		.orderBy("acquisitions.version", "desc")
		.orderBy("acquisitions.id")
		.execute();
	return complete(db, rows);
}
