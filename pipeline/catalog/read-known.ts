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
			.select(["id", "key", "root"])
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
		for (const { id, key, root } of rows) {
			const [first, ...others] = members.get(id) ?? [];
			if (first === undefined) continue;
			const analysed = results.get(`${nameHash(first.path)} ${first.sha256}`);
			const known = { acquisition: id, members: [first, ...others] as const, root: nameFromColumn(root) };
			units.set(nameFromColumn(key), { ...known, ...(analysed && { analysed }) });
		}
	}
	return units;
}

/** Results of current acquisitions with such a member, groups included: by member and content. */
async function resultsBy(db: Kysely<Schema>, source: string, pathHashes: readonly string[]) {
	const results = new Map<string, string>();
	if (pathHashes.length === 0) return results;
	const rows = await db
		.selectFrom("acquisition_members as member")
		.innerJoin("acquisitions", "acquisitions.id", "member.acquisition")
		.innerJoin("acquisition_jobs", "acquisition_jobs.acquisition", "acquisitions.id")
		.innerJoin("jobs", "jobs.id", "acquisition_jobs.job")
		.select(["member.path_hash", "member.sha256", "jobs.result"])
		.where("member.path_hash", "in", pathHashes)
		.where("acquisitions.source", "=", source)
		.where("acquisitions.superseded_by", "is", null)
		.where("jobs.state", "=", "completed")
		.execute();
	for (const { path_hash, sha256, result } of rows) if (result !== null) results.set(`${path_hash} ${sha256}`, result);
	return results;
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

export async function arrived(db: Kysely<Schema>, events: readonly string[]): Promise<ReadonlySet<string>> {
	const found = new Set<string>();
	for (const chunk of chunks(events, 500)) {
		const rows = await db.selectFrom("arrivals").select("event").where("event", "in", chunk).execute();
		for (const { event } of rows) found.add(event);
	}
	return found;
}
