import type { Kysely } from "kysely";
import { fault } from "#core/errors.ts";
import type { ResultCommit } from "#core/ports/catalog.ts";
import { counted } from "#domain/counted.ts";
import { insertRows } from "./insert-rows.ts";
import { completeJobs, tellExecuted } from "./job-state.ts";
import { measurementColumns } from "./measurement-columns.ts";
import { nameToColumn } from "./name-column.ts";
import type { ArtifactsTable, JobsTable, MeasurementsTable, ResultsTable, Schema } from "./schema.ts";
import { strandFencedOut } from "./strays.ts";
import { judgeAfterResult, type LinkOfResult, linksOfResults } from "./supersede.ts";
import { Turn, type Writing } from "./turn.ts";

/** A commit whose token still holds its job. */
interface Held {
	readonly turn: Turn;
	readonly job: JobsTable;
	readonly commit: ResultCommit;
}

/** Results that are ready at the same time: a statement a table for all. Each is fenced by its own token. */
export async function commitResults(writing: Writing, commits: readonly ResultCommit[]): Promise<boolean[]> {
	for (const commit of commits) refuseManifestOfAnother(commit);
	const held = await heldOf(writing, commits);
	await write(writing.trx, [...held.values()]);
	const answers: boolean[] = [];
	for (const commit of commits) answers.push(held.has(commit) || (await isCommitted(writing, commit)));
	return answers;
}

function refuseManifestOfAnother({ job, token, manifest }: ResultCommit): void {
	if (manifest.job === job && manifest.token === token) return;
	throw fault("MANIFEST_OF_ANOTHER", `the manifest of job ${manifest.job} was committed for job ${job}`);
}

/** Of two that hold the same job, one call made twice, the first. */
async function heldOf(writing: Writing, commits: readonly ResultCommit[]): Promise<Map<ResultCommit, Held>> {
	const named = await writing.trx
		.selectFrom("jobs")
		.selectAll()
		.where(
			"id",
			"in",
			commits.map(({ job }) => job),
		)
		.execute();
	const jobs = new Map(named.map((job) => [job.id, job]));
	const held = new Map<ResultCommit, Held>();
	for (const commit of commits) {
		const job = jobs.get(commit.job);
		if (job?.state !== "running" || job.token !== commit.token) continue;
		jobs.delete(job.id);
		held.set(commit, { turn: new Turn(writing, commit.now), job, commit });
	}
	return held;
}

async function write(db: Kysely<Schema>, held: readonly Held[]): Promise<void> {
	if (held.length === 0) return;
	await insertRows(db, "results", held.map(resultRow));
	await insertRows(db, "measurements", held.flatMap(measurementRows));
	await insertRows(db, "artifacts", held.flatMap(artifactRows));
	await endAttempts(
		db,
		held.map(({ commit }) => commit.manifest.result),
	);
	for (const one of held) tellCommitted(one);
	await completeJobs(
		db,
		held.map(({ turn, job, commit }) => ({ turn, job, detail: `result ${commit.manifest.result}` })),
	);
	const links = Map.groupBy(
		await linksOfResults(
			db,
			held.map(({ job }) => job.id),
		),
		({ job }) => job,
	);
	for (const one of held) await conclude(one, links.get(one.job.id) ?? []);
}

async function endAttempts(db: Kysely<Schema>, results: readonly string[]): Promise<void> {
	await db
		.updateTable("attempts")
		.from("results")
		.set(({ ref }) => ({
			outcome: "completed",
			ended_at: ref("results.completed_at"),
			seconds: ref("results.seconds"),
		}))
		.whereRef("attempts.job", "=", "results.job")
		.whereRef("attempts.token", "=", "results.token")
		.where("results.id", "in", results)
		.execute();
}

function tellCommitted({ turn, job, commit: { manifest } }: Held): void {
	const { result, seconds, measurements, artifacts } = manifest;
	const content = `${counted(measurements.length, "measurement")}, ${counted(artifacts.length, "artifact")}`;
	turn.tell(result, "committed", `of job ${job.id}, ${content}`);
	tellExecuted(turn, job, "completed", seconds);
}

/** All that are linked hear of it; the one that was read is `analysed`. */
async function conclude({ turn, job, commit: { manifest } }: Held, links: readonly LinkOfResult[]): Promise<void> {
	const { result, acquisition } = manifest;
	if (job.result !== null) await supersedeEarlierRun(turn, job.result, result);
	for (const { acquisition: linked } of links) {
		if (linked === acquisition.id) turn.conclude(linked, "analysed", `result ${result}`);
		else turn.conclude(linked, "linked", `the same content has result ${result}`);
	}
	await judgeAfterResult(turn, { id: job.id, pipeline: job.pipeline, result }, links);
}

/** The same call made again, because the answer to the first was lost, gets the same answer. Any other is fenced out. */
async function isCommitted(writing: Writing, { job, token, now, manifest, manifestSha256 }: ResultCommit) {
	const committed = await writing.trx
		.selectFrom("results")
		.select("id")
		.where("id", "=", manifest.result)
		.where("manifest_sha256", "=", manifestSha256)
		.executeTakeFirst();
	if (committed === undefined) await strandFencedOut(new Turn(writing, now), job, token);
	return committed !== undefined;
}

async function supersedeEarlierRun(turn: Turn, earlier: string, result: string): Promise<void> {
	await turn.db
		.updateTable("results")
		.set({ state: "superseded", superseded_by: result })
		.where("id", "=", earlier)
		.execute();
	turn.tell(earlier, "superseded", `by ${result}, of a later run of the same job`);
}

function resultRow({ turn, job, commit: { manifest, manifestKey, manifestSha256 } }: Held): ResultsTable {
	return {
		id: manifest.result,
		job: job.id,
		pipeline: job.pipeline,
		source: manifest.acquisition.source,
		acquisition: manifest.acquisition.id,
		state: "current",
		superseded_by: null,
		params_hash: job.params_hash,
		tables: JSON.stringify(manifest.tables),
		seconds: manifest.seconds,
		completed_at: turn.now,
		manifest_key: manifestKey,
		manifest_sha256: manifestSha256,
		token: manifest.token,
	};
}

function measurementRows({ commit: { manifest } }: Held): MeasurementsTable[] {
	return manifest.measurements.map((measurement, position) => ({
		result: manifest.result,
		position,
		...measurementColumns(measurement),
	}));
}

function artifactRows({ commit: { manifest } }: Held): ArtifactsTable[] {
	return manifest.artifacts.map(({ name, mediaType, size, sha256 }, position) => ({
		result: manifest.result,
		position,
		name: nameToColumn(name),
		media_type: mediaType,
		size,
		sha256,
	}));
}
