import { type RawBuilder, sql } from "kysely";
import { type Scope, seesPipeline, seesSource } from "#domain/access.ts";
import { analysisRoom, announcedRoom, calledRoom, roomOf } from "#domain/grouping.ts";
import { toldOfItself } from "#domain/lab-events.ts";
import { watchLease } from "#domain/watched-elsewhere.ts";

/** What a scope shows, as conditions: `sql` that is true of every row where everything is seen. */

export const everything = sql<boolean>`1 = 1`;

/** What both show: a reader within a reader sees no more than either. */
export function both(one: Scope, other: Scope): Scope {
	if (one === "everything") return other;
	return {
		sources: one.sources.filter((source) => seesSource(other, source)),
		pipelines: one.pipelines.filter((pipeline) => seesPipeline(other, pipeline)),
	};
}

export function isOneOf(column: string, values: readonly string[]): RawBuilder<boolean> {
	return values.length === 0 ? sql`1 = 0` : sql`${sql.ref(column)} in (${sql.join(values)})`;
}

export function ofSeenPipeline(scope: Scope, column: string): RawBuilder<boolean> {
	return scope === "everything" ? everything : isOneOf(column, scope.pipelines);
}

/** Rows that are of a job. */
export function seenJobOf(scope: Scope, table: string): RawBuilder<boolean> {
	if (scope === "everything") return everything;
	return sql`exists (select 1 from jobs where jobs.id = ${sql.ref(`${table}.job`)} and ${ofSeenPipeline(scope, "jobs.pipeline")})`;
}

export function ofSeenSource(scope: Scope, column: string): RawBuilder<boolean> {
	return scope === "everything" ? everything : isOneOf(column, scope.sources);
}

/** A job's link to an acquisition: where that is of a source that is not seen, only if job and result were made for it. */
export function seenLink(scope: Scope, acquisition: string, of: "jobs" | "results" = "jobs"): RawBuilder<boolean> {
	if (scope === "everything") return everything;
	return sql`(${sql.ref(`${of}.acquisition`)} = ${acquisition} or exists (
		select 1 from acquisitions where id = ${acquisition} and ${isOneOf("acquisitions.source", scope.sources)}
	))`;
}

/**
 * Lines of a history. Of an acquisition those of jobs are seen by who sees all its jobs: a line does not say of which one
 * it is; those of a group that refused it where they name a pipeline that is seen. Of a job those of acquisitions that
 * were linked to it by who sees the sources of all.
 */
export function seenLines(scope: Scope, entity: string): RawBuilder<boolean> {
	if (scope === "everything") return everything;
	const foreign = (table: string, key: string, column: RawBuilder<boolean>) => sql`exists (
		select 1 from acquisition_jobs join ${sql.table(table)} on ${sql.table(table)}.id = acquisition_jobs.${sql.ref(table === "jobs" ? "job" : "acquisition")}
		where acquisition_jobs.${sql.ref(key)} = ${entity} and not ${column}
	)`;
	const foreignJob = foreign("jobs", "acquisition", ofSeenPipeline(scope, "jobs.pipeline"));
	const foreignCopy = foreign("acquisitions", "job", ofSeenSource(scope, "acquisitions.source"));
	const refusals = scope.pipelines.map((name) => sql`substr(detail, 1, length(${`${name}: `})) = ${`${name}: `}`);
	const refused = refusals.length === 0 ? sql`1 = 0` : sql`(${sql.join(refusals, sql` or `)})`;
	const one = (table: string, shown: RawBuilder<boolean>) =>
		sql`exists (select 1 from ${sql.table(table)} where id = ${entity} and ${shown})`;
	return sql`(
		${one("results", ofSeenPipeline(scope, "pipeline"))}
		or (${one("jobs", ofSeenPipeline(scope, "pipeline"))} and not (what = 'linked' and ${foreignCopy}))
		or (${one("acquisitions", ofSeenSource(scope, "source"))} and case
			when what in (${sql.join(toldOfItself)}) then 1 = 1
			when what = 'rejected' then ${refused}
			else not ${foreignJob} end)
	)`;
}

/** Rooms of its sources, and of its pipelines' stages. */
export function seenRoom(scope: Scope): RawBuilder<boolean> {
	if (scope === "everything") return everything;
	const rooms = [
		...scope.sources.flatMap((source) => [roomOf(source), announcedRoom(source), calledRoom(source)]),
		...scope.pipelines.map(analysisRoom),
	];
	const stages = scope.pipelines.map((name) => sql`rtrim(room, '0123456789') = ${`${name}.`}`);
	return sql`(${sql.join([isOneOf("room", rooms), ...stages], sql` or `)})`;
}

/** Of the leases only those of watches of its sources. */
export function seesLease(scope: Scope, name: string): boolean {
	return scope === "everything" || scope.sources.some((source) => name.startsWith(watchLease(source, "")));
}
