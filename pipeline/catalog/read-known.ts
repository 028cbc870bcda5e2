import { type Kysely, sql } from "kysely";
import type { KnownUnit } from "#core/ports/catalog.ts";
import type { PathString } from "#domain/path.ts";
import { membersOf } from "./acquisition-rows.ts";
import { chunks } from "./insert-rows.ts";
import { nameFromColumn, nameHash } from "./name-column.ts";
import type { Schema } from "./schema.ts";

const atOnce = 200;

export async function known(
	db: Kysely<Schema>,
	source: string,
	keys: readonly PathString[],
): Promise<ReadonlyMap<PathString, KnownUnit>> {
	const units = new Map<PathString, KnownUnit>();
	for (const chunk of chunks(keys, atOnce)) {
		const rows = await db
			.selectFrom("acquisitions")
			.select(["id", "key"])
			.where("key_hash", "in", chunk.map(nameHash))
			.where("source", "=", source)
			.where("kind", "in", ["file", "folder"])
			.where("superseded_by", "is", null)
			.execute();
		const members = await membersOf(
			db,
			rows.map(({ id }) => id),
		);
		const results = await resultsBy(
			db,
			source,
			rows.flatMap(({ id }) => nameHash(members.get(id)?.[0]?.path ?? "")),
		);
		for (const { id, key } of rows) {
			const [first, ...others] = members.get(id) ?? [];
			if (first === undefined) continue;
			const analysed = results.get(`${nameHash(first.path)} ${first.sha256}`);
			units.set(nameFromColumn(key), { acquisition: id, members: [first, ...others], ...(analysed && { analysed }) });
		}
	}
	return units;
}

/** Of current acquisitions with such a member, groups included, all of whose jobs are done: what has a result. By member and content. */
async function resultsBy(db: Kysely<Schema>, source: string, pathHashes: readonly string[]) {
	const results = new Map<string, string>();
	if (pathHashes.length === 0) return results;
	const rows = await db
		.selectFrom("acquisition_members as member")
		.innerJoin("acquisitions", "acquisitions.id", "member.acquisition")
		.innerJoin("acquisition_jobs", "acquisition_jobs.acquisition", "acquisitions.id")
		.innerJoin("jobs", "jobs.id", "acquisition_jobs.job")
		.select(["member.path_hash", "member.sha256", "jobs.state", "jobs.result"])
		.where("member.path_hash", "in", pathHashes)
		.where("acquisitions.source", "=", source)
		.where("acquisitions.superseded_by", "is", null)
		.where("jobs.state", "not in", ["superseded", "cancelled"])
		.execute();
	const open = new Set(rows.filter(({ state }) => state !== "completed").map(of));
	for (const row of rows) if (row.result !== null && !open.has(of(row))) results.set(of(row), row.result);
	return results;
}

function of({ path_hash, sha256 }: { readonly path_hash: string; readonly sha256: string }): string {
	return `${path_hash} ${sha256}`;
}

export async function firstTaken(db: Kysely<Schema>, source: string, before?: number): Promise<number | undefined> {
	const ns = (column: string) => sql<number>`cast(${sql.ref(column)} as bigint)`;
	const row = await db
		.selectFrom("acquisitions")
		.innerJoin("acquisition_members as member", "member.acquisition", "acquisitions.id")
		.select(sql<number | null>`min(${ns("member.ctime_ns")} / 1000000)`.as("at"))
		.where("source", "=", source)
		.$if(before !== undefined, (query) => query.where(sql`${ns("member.mtime_ns")} / 1000000`, "<", before as number))
		.executeTakeFirst();
	return row?.at ?? undefined;
}

export async function isKnown(db: Kysely<Schema>, source: string): Promise<boolean> {
	const row = await db.selectFrom("acquisitions").select("id").where("source", "=", source).limit(1).executeTakeFirst();
	return row !== undefined;
}
