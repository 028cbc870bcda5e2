import { createHash } from "node:crypto";
import { asWatchRabbitError } from "#core/errors.ts";
import type { AnalysisRecord } from "#core/ports/analysis-pool.ts";
import type { ClaimedInput, ClaimedJob } from "#core/ports/catalog.ts";
import type { ObjectStore } from "#core/ports/object-store.ts";
import type { Tracer } from "#core/ports/tracer.ts";
import { type Trace, traceId } from "#core/trace.ts";
import { artifactKey, attemptPrefix, logName, manifestName } from "#domain/object-keys.ts";
import type { Artifact, Manifest } from "#domain/result.ts";
import type { AnalysisFile } from "./analysis-library.ts";
import { asHop } from "./as-hop.ts";

function resultId(job: string, token: number): string {
	return `r${job.slice(1)}-${token}`;
}

export interface Finished {
	readonly job: ClaimedJob;
	/** The one that was read. */
	readonly acquisition: ClaimedInput["acquisition"];
	readonly record: AnalysisRecord;
	readonly analysis: { readonly file: string; readonly files: readonly AnalysisFile[] };
	/** Milliseconds since the epoch. */
	readonly startedAt: number;
	readonly completedAt: number;
}

export interface StoredResult {
	readonly manifest: Manifest;
	readonly manifestKey: string;
	readonly manifestSha256: string;
}

/** Artifacts and log first; the manifest, which names them all, last. */
export async function storeResult(
	objects: ObjectStore,
	finished: Finished,
	trace: Trace,
	tracer: Tracer,
): Promise<StoredResult> {
	const { job, record } = finished;
	const prefix = attemptPrefix(job.id, job.token);
	const bytes = record.artifacts.reduce((sum, { size }) => sum + size, 0);
	const written = () =>
		allWritten([
			...record.artifacts.map(({ name, file }) => objects.putFile(artifactKey(job.id, job.token, name), file)),
			objects.put(prefix + logName, record.log),
		]);
	await asHop(tracer, "upload", trace, written, {
		attributes: { "watchrabbit.files": record.artifacts.length, "watchrabbit.bytes": bytes },
	});
	const manifest = manifestOf(finished);
	const text = `${JSON.stringify(manifest, null, 2)}\n`;
	await asHop(tracer, "manifest", trace, () => objects.put(prefix + manifestName, text));
	return {
		manifest,
		manifestKey: prefix + manifestName,
		manifestSha256: createHash("sha256").update(text).digest("hex"),
	};
}

/**
 * Settles when no write is under way: what an attempt left is swept when it has failed, and nothing may come after that.
 * Of several failures the one that waiting does not mend is told.
 */
async function allWritten(writes: readonly Promise<void>[]): Promise<void> {
	const failures = (await Promise.allSettled(writes))
		.filter((write) => write.status === "rejected")
		.map(({ reason }) => asWatchRabbitError(reason));
	const worst = failures.find((error) => error.class !== "transient") ?? failures[0];
	if (worst !== undefined) throw worst;
}

function manifestOf({ job, acquisition, record, analysis, startedAt, completedAt }: Finished): Manifest {
	return {
		format: "watchrabbit.manifest",
		version: 1,
		result: resultId(job.id, job.token),
		job: job.id,
		pipeline: job.plan.pipeline,
		acquisition,
		analysis: { file: analysis.file, digest: job.plan.analysisDigest, files: analysis.files, params: job.plan.params },
		engine: record.engine,
		r: record.r,
		seed: record.seed,
		attempt: job.attempt,
		token: job.token,
		startedAt: new Date(startedAt).toISOString(),
		completedAt: new Date(completedAt).toISOString(),
		seconds: record.seconds,
		peakMemoryBytes: record.peakMemoryBytes,
		measurements: record.measurements,
		tables: record.tables,
		artifacts: record.artifacts.map(artifactOf),
		warnings: record.warnings,
		log: logName,
		traceId: traceId(job),
	};
}

function artifactOf({ name, mediaType, size, sha256 }: Artifact): Artifact {
	return { name, mediaType, size, sha256 };
}
