import type {
	AcquisitionRow,
	ArtifactRow,
	AttemptRow,
	HistoryRow,
	JobRow,
	MeasurementRow,
	ResultRow,
	TakenFileRow,
} from "#core/ports/catalog-rows.ts";
import type { LedgerEntry } from "#core/ports/ledger.ts";
import { traceId } from "#core/trace.ts";
import type { Measurement } from "./result.ts";
import type { SourceSettings } from "./settings.ts";
import type { WatchMode } from "./watch-mode.ts";

/**
 * What leaves the program as JSON, from the API and from the command line alike: times are ISO 8601 in UTC, and what
 * is not there is null, so that every resource of a kind has the same fields.
 */

export function isoTime(ms: number): string;
export function isoTime(ms: number | undefined): string | null;
export function isoTime(ms: number | undefined): string | null {
	return ms === undefined ? null : new Date(ms).toISOString();
}

export function sourceResource(source: SourceSettings, watching: WatchMode | undefined) {
	const { name, watch, include, exclude, acquisition, complete } = source;
	return {
		name,
		watch,
		include,
		exclude,
		acquisition,
		quietMs: complete.quietMs,
		/** How changes are noticed: null until a watch has started. */
		mode: watching?.mode ?? null,
		modeReason: watching?.why ?? null,
	};
}

export function fileResource(entry: LedgerEntry) {
	return {
		id: String(entry.id),
		/** Who says so: this host's ledger, which watches it, or the catalog, which knows what was taken in. */
		toldBy: "ledger" as "ledger" | "catalog",
		/** The other host's process that watches it, where one does. */
		watchedBy: null as string | null,
		source: entry.source,
		path: entry.path,
		kind: entry.kind,
		state: entry.state,
		reason: entry.reason ?? null,
		size: entry.stat.size,
		sha256: entry.sha256 ?? null,
		firstSeenAt: isoTime(entry.firstSeenAt),
		changedAt: isoTime(entry.changedAt),
		goneAt: isoTime(entry.goneAt),
	};
}

export function takenFileResource(row: TakenFileRow, watchedBy: string | undefined): FileResource {
	return {
		id: row.id,
		toldBy: "catalog",
		watchedBy: watchedBy ?? null,
		source: row.source,
		path: row.path,
		kind: row.kind,
		state: row.state,
		reason: null,
		size: row.size,
		sha256: row.sha256,
		firstSeenAt: isoTime(row.takenAt),
		changedAt: isoTime(row.acquiredAt),
		goneAt: null,
	};
}

export function acquisitionResource(row: AcquisitionRow) {
	return {
		id: row.id,
		source: row.source,
		key: row.key,
		kind: row.kind,
		version: row.version,
		supersededBy: row.supersededBy ?? null,
		members: row.members.map(({ path, size, sha256 }) => ({ path, size, sha256 })),
		captures: row.captures,
		incomplete: row.incomplete ?? null,
		bytes: row.bytes,
		digest: row.digest,
		note: row.note ?? null,
		acquiredAt: isoTime(row.acquiredAt),
		settledAt: isoTime(row.settledAt),
		createdAt: isoTime(row.createdAt),
		traceId: traceId(row),
	};
}

export function jobResource(row: JobRow) {
	return {
		id: row.id,
		pipeline: row.pipeline,
		source: row.source,
		pool: row.pool,
		state: row.state,
		priority: row.priority,
		attemptsUsed: row.attemptsUsed,
		attemptsAllowed: row.attemptsAllowed,
		runAfter: isoTime(row.runAfter),
		acquisition: row.acquisition,
		analysis: { file: row.analysisFile, digest: row.analysisDigest },
		params: row.params,
		worker: row.leaseOwner ?? null,
		result: row.result ?? null,
		cause: row.cause ?? null,
		progress: row.progress === undefined ? null : { ...row.progress, at: isoTime(row.progress.at) },
		createdAt: isoTime(row.createdAt),
		updatedAt: isoTime(row.updatedAt),
		traceId: traceId(row),
	};
}

export function attemptResource(row: AttemptRow) {
	return {
		number: row.number,
		token: row.token,
		worker: row.worker,
		outcome: row.outcome ?? null,
		cause: row.cause ?? null,
		log: row.log ?? null,
		seconds: row.seconds ?? null,
		run: row.run ?? null,
		startedAt: isoTime(row.startedAt),
		endedAt: isoTime(row.endedAt),
	};
}

export function historyResource({ at, what, detail }: HistoryRow) {
	return { at: isoTime(at), what, detail };
}

export function resultResource(row: ResultRow) {
	return {
		id: row.id,
		job: row.job,
		pipeline: row.pipeline,
		source: row.source,
		state: row.state,
		acquisition: {
			id: row.acquisition.id,
			key: row.acquisition.key,
			members: row.acquisition.members.map(({ path, size, sha256 }) => ({ path, size, sha256 })),
		},
		measurements: row.measurements.map(measured),
		tables: row.tables,
		artifacts: row.artifacts.map(({ name, mediaType, size, sha256 }) => ({ name, mediaType, size, sha256 })),
		seconds: row.seconds,
		completedAt: isoTime(row.completedAt),
		traceId: traceId(row),
	};
}

function measured({ name, value, unit, lower, upper }: Measurement) {
	return { name, value, unit, lower: lower ?? null, upper: upper ?? null };
}

export function measurementResource(row: MeasurementRow) {
	return {
		result: row.result,
		pipeline: row.pipeline,
		source: row.source,
		key: row.key,
		...measured(row),
		acquiredAt: isoTime(row.acquiredAt),
		completedAt: isoTime(row.completedAt),
	};
}

export function artifactResource(row: ArtifactRow) {
	return {
		result: row.result,
		pipeline: row.pipeline,
		source: row.source,
		name: row.name,
		mediaType: row.mediaType,
		size: row.size,
		sha256: row.sha256,
		completedAt: isoTime(row.completedAt),
	};
}

export type SourceResource = ReturnType<typeof sourceResource>;
export type FileResource = ReturnType<typeof fileResource>;
export type AcquisitionResource = ReturnType<typeof acquisitionResource>;
export type JobResource = ReturnType<typeof jobResource>;
export type AttemptResource = ReturnType<typeof attemptResource>;
export type ResultResource = ReturnType<typeof resultResource>;
