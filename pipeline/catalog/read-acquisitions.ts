import { type Kysely, sql } from "kysely";
import type { AcquisitionRow } from "#core/ports/catalog-rows.ts";
import type { Scope } from "#domain/access.ts";
import type { PathString } from "#domain/path.ts";
import { asAcquisitionRow, membersOf } from "./acquisition-rows.ts";
import { nameHash } from "./name-column.ts";
import { equals, type Listing, period } from "./page.ts";
import type { AcquisitionsTable, Schema } from "./schema.ts";
import { ofSeenPipeline, ofSeenSource } from "./scoped.ts";

export const acquisitions: Listing<AcquisitionsTable, AcquisitionRow> = {
	name: "acquisitions",
	sort: [
		{ column: "acquisitions.created_at", type: "number" },
		{ column: "acquisitions.id", type: "string" },
	],
	positionOf: ({ created_at, id }) => [created_at, id],
	seen: { by: "source", column: "acquisitions.source" },
	from: (db) => db.selectFrom("acquisitions").selectAll("acquisitions"),
	filters: {
		id: equals("acquisitions.id"),
		source: equals("acquisitions.source"),
		key: (key) => equals("acquisitions.key_hash")(nameHash(key)),
		digest: equals("acquisitions.digest"),
		state: (states) =>
			sql`case when acquisitions.superseded_by is null then 'current' else 'superseded' end in (${sql.join(states)})`,
		job: (job, scope) =>
			sql`acquisitions.id in (
				select acquisition from acquisition_jobs where job = ${job} and ${ofSeenPipeline(scope, "acquisition_jobs.pipeline")}
			)`,
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
	scope: Scope,
): Promise<readonly AcquisitionRow[]> {
	const rows = await db
		.selectFrom("acquisition_members as member")
		.innerJoin("acquisitions", "acquisitions.id", "member.acquisition")
		.selectAll("acquisitions")
		.distinct()
		.where("member.path_hash", "=", nameHash(path))
		.where("acquisitions.source", "=", source)
		.where(ofSeenSource(scope, "acquisitions.source"))
		.orderBy("acquisitions.created_at", "desc")
		.orderBy("acquisitions.version", "desc")
		.orderBy("acquisitions.id")
		.execute();
	return complete(db, rows);
}
