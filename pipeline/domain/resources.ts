import type { z } from "zod";
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
import type {
	acquisitionForm,
	artifactForm,
	attemptForm,
	fileForm,
	historyForm,
	jobForm,
	measurementForm,
	resultForm,
	sourceForm,
} from "./resource-forms.ts";
import type { Measurement } from "./result.ts";
import type { SourceSettings } from "./settings.ts";
import type { WatchMode } from "./watch-mode.ts";

export type SourceResource = z.output<typeof sourceForm>;
export type FileResource = z.output<typeof fileForm>;
export type AcquisitionResource = z.output<typeof acquisitionForm>;
export type JobResource = z.output<typeof jobForm>;
export type AttemptResource = z.output<typeof attemptForm>;
export type HistoryResource = z.output<typeof historyForm>;
export type ResultResource = z.output<typeof resultForm>;
export type MeasurementResource = z.output<typeof measurementForm>;
export type ArtifactResource = z.output<typeof artifactForm>;

export function isoTime(ms: number): string;
export function isoTime(ms: number | undefined): string | null;
export function isoTime(ms: number | undefined): string | null {
	return ms === undefined ? null : new Date(ms).toISOString();
}

export function sourceResource(source: SourceSettings, watching: WatchMode | undefined): SourceResource {
	const { name, watch, include, exclude, acquisition, complete } = source;
	return {
		name,
		watch,
		include,
		exclude,
		acquisition,
		quietMs: complete.quietMs,
		mode: watching?.mode ?? null,
		modeReason: watching?.why ?? null,
	};
}

export function fileResource(entry: LedgerEntry): FileResource {
	return {
		id: String(entry.id),
		toldBy: "ledger",
		watchedBy: null,
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

export function acquisitionResource(row: AcquisitionRow): AcquisitionResource {
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
		safeToDeleteSince: isoTime(row.safeToDeleteSince),
		acquiredAt: isoTime(row.acquiredAt),
		settledAt: isoTime(row.settledAt),
		createdAt: isoTime(row.createdAt),
		traceId: traceId(row),
	};
}

export function jobResource(row: JobRow): JobResource {
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

export function attemptResource(row: AttemptRow): AttemptResource {
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

export function historyResource({ at, what, detail }: HistoryRow): HistoryResource {
	return { at: isoTime(at), what, detail };
}

export function resultResource(row: ResultRow): ResultResource {
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

export function measurementResource(row: MeasurementRow): MeasurementResource {
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

export function artifactResource(row: ArtifactRow): ArtifactResource {
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
