import { fault } from "#core/errors.ts";
import type { ResultCommit } from "#core/ports/catalog.ts";
import { counted } from "#domain/counted.ts";
import type { Measurement } from "#domain/result.ts";
import { heldJob, linkedAcquisitions } from "./held-job.ts";
import { insertRows } from "./insert-rows.ts";
import { moveJob, tellExecuted } from "./job-state.ts";
import { nameToColumn } from "./name-column.ts";
import { scalarColumns } from "./scalar-columns.ts";
import type { JobsTable, MeasurementsTable } from "./schema.ts";
import { strandFencedOut } from "./strays.ts";
import { judgeAfterResult } from "./supersede.ts";
import type { Turn } from "./turn.ts";

export async function commitResult(turn: Turn, commit: ResultCommit): Promise<boolean> {
	const { manifest, token, worker } = commit;
	if (manifest.job !== commit.job || manifest.token !== token) {
		throw fault("MANIFEST_OF_ANOTHER", `the manifest of job ${manifest.job} was committed for job ${commit.job}`);
	}
	const job = await heldJob(turn, commit.job, token);
	if (job === undefined) {
		const committed = await isCommitted(turn, commit);
		if (!committed) await strandFencedOut(turn, commit.job, token);
		return committed;
	}

	await insertResult(turn, job, commit);
	await turn.db
		.updateTable("attempts")
		.set({ outcome: "completed", ended_at: turn.now, seconds: manifest.seconds, worker })
		.where("job", "=", job.id)
		.where("token", "=", token)
		.execute();
	const { result } = manifest;
	tellExecuted(turn, job, "completed", manifest.seconds);
	await moveJob(turn, job, ["completed"], `result ${result}`, {
		result,
		cause: null,
		attempts_used: job.attempts_used + 1,
		losses: 0,
	});
	if (job.result !== null) await supersedeEarlierRun(turn, job.result, result);
	await conclude(turn, job.id, manifest.acquisition.id, result);
	await judgeAfterResult(turn, { id: job.id, pipeline: job.pipeline, result });
	return true;
}

/** The same call made again, because the answer to the first was lost, gets the same answer. */
async function isCommitted(turn: Turn, { manifest, manifestSha256 }: ResultCommit): Promise<boolean> {
	const committed = await turn.db
		.selectFrom("results")
		.select("id")
		.where("id", "=", manifest.result)
		.where("manifest_sha256", "=", manifestSha256)
		.executeTakeFirst();
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

/** All that are linked hear of it; the one that was read is `analysed`. */
async function conclude(turn: Turn, job: string, analysed: string, result: string): Promise<void> {
	for (const acquisition of await linkedAcquisitions(turn, job)) {
		if (acquisition === analysed) turn.conclude(acquisition, "analysed", `result ${result}`);
		else turn.conclude(acquisition, "linked", `the same content has result ${result}`);
	}
}

async function insertResult(turn: Turn, job: JobsTable, { manifest, manifestKey, manifestSha256 }: ResultCommit) {
	const { result, acquisition, token, seconds, tables, measurements, artifacts } = manifest;
	await insertRows(turn.db, "results", [
		{
			id: result,
			job: job.id,
			pipeline: job.pipeline,
			source: acquisition.source,
			acquisition: acquisition.id,
			state: "current",
			superseded_by: null,
			tables: JSON.stringify(tables),
			seconds,
			completed_at: turn.now,
			manifest_key: manifestKey,
			manifest_sha256: manifestSha256,
			token,
		},
	]);
	await insertRows(
		turn.db,
		"measurements",
		measurements.map((measurement, position) => measurementRow(result, position, measurement)),
	);
	await insertRows(
		turn.db,
		"artifacts",
		artifacts.map(({ name, mediaType, size, sha256 }, position) => ({
			result,
			position,
			name: nameToColumn(name),
			media_type: mediaType,
			size,
			sha256,
		})),
	);
	turn.tell(
		result,
		"committed",
		`of job ${job.id}, ${counted(measurements.length, "measurement")}, ${counted(artifacts.length, "artifact")}`,
	);
}

function measurementRow(result: string, position: number, { name, value, unit }: Measurement): MeasurementsTable {
	return {
		result,
		position,
		name: nameToColumn(name),
		...scalarColumns(value),
		unit: nameToColumn(unit),
	};
}
