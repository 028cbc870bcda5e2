import { createHash } from "node:crypto";
import { addAbortSignal, type Readable } from "node:stream";
import type { Clock } from "#core/clock.ts";
import { asWatchRabbitError, permanent } from "#core/errors.ts";
import type { ReadCatalog } from "#core/ports/catalog.ts";
import type { AcquisitionRow, JobRow, ResultRow } from "#core/ports/catalog-rows.ts";
import type { ObjectStore } from "#core/ports/object-store.ts";
import type { OperationRow, OperationsCatalog } from "#core/ports/operations.ts";
import type { Member } from "#domain/acquisition.ts";
import { artifactKey, attemptPrefix, inputKey, logName } from "#domain/object-keys.ts";
import { displayPath } from "#domain/path.ts";
import type { PipelineSettings, Settings } from "#domain/settings.ts";
import type { CarryContext } from "./carrying.ts";

export interface SafeToDeleteContext {
	readonly settings: Pick<Settings, "pipelines">;
	readonly catalog: Pick<ReadCatalog, "acquisition" | "acquisitionsOf" | "jobsOf" | "result"> & {
		readonly operations: Pick<OperationsCatalog, "markSafe">;
	};
	readonly objects: Pick<ObjectStore, "head" | "get">;
	readonly clock: Clock;
}

/**
 * The files of an acquisition may go when every pipeline that takes it has a current result of it, or of the groups and
 * batches that it is part of, and all that those are made of was read back from the store; where no pipeline takes it,
 * when its files themselves were, from the archive.
 *
 * @throws WatchRabbitError OPERATION_REFUSED, TARGET_UNKNOWN (permanent)
 */
export async function safeToDelete(
	context: SafeToDeleteContext,
	{ id, target }: OperationRow,
	{ signal, tell }: CarryContext,
): Promise<string> {
	const { catalog, clock } = context;
	const acquisition = await catalog.acquisition(target.name);
	if (acquisition === undefined) throw refused(`acquisition ${target.name} is not there any more`, "List them anew.");
	const results = await resultsOf(context, acquisition);
	const checks = results.length > 0 ? results.flatMap(checksOfResult) : acquisition.members.map(checkOfInput);
	for (const [done, check] of checks.entries()) {
		signal.throwIfAborted();
		await tell({ done, total: checks.length, message: `reads back ${check.key}` });
		await readBack(context.objects, check, signal);
	}
	await catalog.operations.markSafe(
		id,
		acquisition.id,
		results.map((result) => result.id),
		clock.now(),
	);
	return "";
}

/** One for each job of it. */
async function resultsOf(context: SafeToDeleteContext, acquisition: AcquisitionRow): Promise<readonly ResultRow[]> {
	const { settings, catalog } = context;
	const taking = settings.pipelines.filter(({ from }) => from === acquisition.source);
	const results: ResultRow[] = [];
	const jobs = await jobsFor(context, acquisition);
	const pipelines = new Set([...taking.map(({ name }) => name), ...jobs.map(({ pipeline }) => pipeline)]);
	for (const name of pipelines) {
		const own = jobs.filter(({ pipeline }) => pipeline === name);
		const pipeline = taking.find((each) => each.name === name);
		if (own.length === 0 && pipeline !== undefined && isRoutedAway(pipeline, acquisition)) continue;
		if (own.length === 0) throw refused(`pipeline ${name} has no result of it yet`, askWhy);
		for (const job of own) {
			const result =
				job.state === "completed" && job.result !== undefined ? await catalog.result(job.result) : undefined;
			if (result?.state !== "current")
				throw refused(`pipeline ${name} has no current result of it: its job ${job.id} is ${job.state}`, askWhy);
			results.push(result);
		}
	}
	return results;
}

const askWhy = "Ask again when it has one (watchrabbit why FILE says what it waits for).";

/** Of each pipeline the last one: its own, and those of the groups and batches with these files in them. */
async function jobsFor({ catalog }: SafeToDeleteContext, acquisition: AcquisitionRow): Promise<readonly JobRow[]> {
	const [first] = acquisition.members;
	const having = first === undefined ? [] : await catalog.acquisitionsOf(acquisition.source, first.path);
	const current = having.filter((each) => each.supersededBy === undefined && holds(each, acquisition.members));
	const jobs = await Promise.all(
		current.map(async ({ id }) => {
			const linked = await catalog.jobsOf(id);
			return [...new Map(linked.map((job) => [job.pipeline, job])).values()];
		}),
	);
	return [...new Map(jobs.flat().map((job) => [job.id, job])).values()];
}

function holds({ members }: AcquisitionRow, files: readonly Member[]): boolean {
	const there = new Map(members.map(({ path, sha256 }) => [path, sha256]));
	return files.every(({ path, sha256 }) => there.get(path) === sha256);
}

/** Where it stands in front of a group or a batch, it is taken, and waits. */
function isRoutedAway({ stages }: PipelineSettings, { key }: AcquisitionRow): boolean {
	const [first] = stages;
	return first?.stage === "route" && !new RegExp(first.route.match).test(key);
}

interface ReadBack {
	readonly key: string;
	/** Undefined: nobody noted it; it is read to its end. */
	readonly sha256: string | undefined;
	/** What it means where it is not there. */
	readonly missing: string;
}

function checksOfResult({ job, token, manifestKey, manifestSha256, artifacts }: ResultRow): readonly ReadBack[] {
	const objects = [
		{ key: manifestKey, sha256: manifestSha256 },
		{ key: attemptPrefix(job, token) + logName, sha256: undefined },
		...artifacts.map(({ name, sha256 }) => ({ key: artifactKey(job, token, name), sha256 })),
	];
	return objects.map((object) => ({ ...object, missing: `${displayPath(object.key)} is not in the object store` }));
}

function checkOfInput({ path, sha256 }: Member): ReadBack {
	const missing = `no pipeline takes it, and ${displayPath(path)} is not in the archive`;
	return { key: inputKey(sha256), sha256, missing };
}

async function readBack(
	objects: SafeToDeleteContext["objects"],
	{ key, sha256, missing }: ReadBack,
	signal: AbortSignal,
): Promise<void> {
	const verify = "See what else is missing with: watchrabbit verify";
	try {
		if ((await objects.head(key)) === undefined) throw refused(missing, verify);
		const read = await digestOf(addAbortSignal(signal, await objects.get(key)));
		if (sha256 !== undefined && read !== sha256)
			throw refused(`${displayPath(key)} in the object store is damaged`, verify);
	} catch (thrown) {
		const error = asWatchRabbitError(thrown);
		if (error.code === "OBJECT_DAMAGED" || error.code === "OBJECT_MISSING") throw refused(error.message, verify);
		throw error;
	}
}

async function digestOf(stream: Readable): Promise<string> {
	const hash = createHash("sha256");
	for await (const chunk of stream as AsyncIterable<Buffer>) hash.update(chunk);
	return hash.digest("hex");
}

function refused(message: string, fix: string) {
	return permanent("OPERATION_REFUSED", message, { fix });
}
