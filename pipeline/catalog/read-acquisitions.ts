import { type Kysely, sql } from "kysely";
import type { AcquisitionRow } from "#core/ports/catalog-rows.ts";
import type { Scope } from "#domain/access.ts";
import type { PathString } from "#domain/path.ts";
import { asAcquisitionRow, membersOf } from "./acquisition-rows.ts";
import { by, equals, isAny, type Listing, ownTime } from "./listing.ts";
import { nameHash } from "./name-column.ts";
import type { AcquisitionsTable, Schema } from "./schema.ts";
import { ofSeenPipeline, ofSeenSource } from "./scoped.ts";
import { acquisitionsThemselves, searchesOf } from "./searches.ts";

/** Most is known of a key by what its index has of it. */
const keyStart = sql`substr(acquisitions.key, 1, 200)`;

const state = sql`case when acquisitions.superseded_by is null then 'current' else 'superseded' end`;

export const acquisitions: Listing<AcquisitionsTable, AcquisitionRow> = {
	name: "acquisitions",
	sorts: {
		created: by(["acquisitions.created_at", "bigint"], ["acquisitions.id", "string"]),
		acquired: {
			...by(["acquisitions.acquired_at", "bigint"], ["acquisitions.id", "string"]),
			through: ["acquiredSince", "acquiredUntil"],
		},
		key: by([keyStart, "string"], ["acquisitions.id", "string"]),
		bytes: by(["acquisitions.bytes", "bigint"], ["acquisitions.id", "string"]),
	},
	seen: { by: "source", column: "acquisitions.source" },
	from: (db) => db.selectFrom("acquisitions"),
	shown: (query) => query.selectAll("acquisitions"),
	parts: { source: "acquisitions.source" },
	leads: ({ source }) => (source === undefined ? [] : ["source"]),
	filters: {
		id: equals("acquisitions.id"),
		key: (key) => equals("acquisitions.key_hash")(nameHash(key)),
		digest: equals("acquisitions.digest"),
		job: (job, scope) =>
			sql`acquisitions.id in (
				select acquisition from acquisition_jobs where job = ${job} and ${ofSeenPipeline(scope, "acquisition_jobs.pipeline")}
			)`,
		...ownTime("acquisitions.created_at", "created"),
	},
	searches: { state: (asked) => isAny(state, asked), ...searchesOf(acquisitionsThemselves) },
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
