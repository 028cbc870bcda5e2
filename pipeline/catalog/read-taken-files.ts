import { type RawBuilder, sql } from "kysely";
import type { TakenFileRow } from "#core/ports/catalog-rows.ts";
import type { Scope } from "#domain/access.ts";
import { by, isAny, type Listing, type Query } from "./listing.ts";
import { nameFromColumn } from "./name-column.ts";
import type { MembersTable } from "./schema.ts";
import { ofSeenPipeline } from "./scoped.ts";

interface Found extends MembersTable {
	readonly id: string;
	readonly source: string;
	readonly kind: string;
	readonly created_at: number;
	readonly acquired_at: number;
	readonly state: string;
}

/** Whether there is a result that is seen of a member's content, alone or in a group. */
const state = (scope: Scope): RawBuilder<string> => sql`case when exists (
	select 1 from acquisition_members as same
	join acquisitions as whole on whole.id = same.acquisition and whole.superseded_by is null
	join acquisition_jobs on acquisition_jobs.acquisition = whole.id
	join jobs on jobs.id = acquisition_jobs.job and jobs.state = 'completed' and ${ofSeenPipeline(scope, "jobs.pipeline")}
	where same.path_hash = acquisition_members.path_hash and same.sha256 = acquisition_members.sha256
	and whole.source = acquisitions.source
) then 'analysed' else 'settled' end`;

/** Files and members of folders, as they were taken in last. */
export const takenFiles: Listing<Found, TakenFileRow> = {
	name: "taken-files",
	sorts: {
		created: by(
			["acquisitions.created_at", "bigint"],
			["acquisitions.id", "string"],
			["acquisition_members.position", "integer"],
		),
	},
	seen: { by: "source", column: "acquisitions.source" },
	from: (db, scope) =>
		db
			.selectFrom("acquisitions")
			.innerJoin("acquisition_members", "acquisition_members.acquisition", "acquisitions.id")
			.selectAll("acquisition_members")
			.select(["acquisitions.id", "acquisitions.source", "acquisitions.kind"])
			.select(["acquisitions.created_at", "acquisitions.acquired_at"])
			.select(state(scope).as("state"))
			.where("acquisitions.superseded_by", "is", null)
			.where("acquisitions.kind", "in", ["file", "folder"]),
	shown: (query) => query as Query<Found>,
	parts: { source: "acquisitions.source" },
	leads: ({ source }) => (source === undefined ? [] : ["source"]),
	filters: {},
	searches: { state: (asked, { scope }) => isAny(state(scope), asked) },
	complete: async (_, rows) => rows.map(asTakenFile),
};

function asTakenFile(row: Found): TakenFileRow {
	return {
		id: `${row.id}.${row.position}`,
		source: row.source,
		path: nameFromColumn(row.path),
		kind: row.kind === "folder" ? "member" : "file",
		state: row.state as TakenFileRow["state"],
		size: row.size,
		sha256: row.sha256,
		takenAt: row.created_at,
		acquiredAt: row.acquired_at,
	};
}
