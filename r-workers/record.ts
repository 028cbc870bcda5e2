import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { WatchRabbitError } from "#core/errors.ts";
import type { AnalysisKind, AnalysisRecord, AnalysisRequest, LocalArtifact } from "#core/ports/analysis-pool.ts";
import type { AttemptCause } from "#domain/job.ts";
import { displayPath, pathFromBytes } from "#domain/path.ts";
import type { Measurement, RVersion, Table } from "#domain/result.ts";
import { entriesOf, findArtifacts } from "./artifacts.ts";
import { causeFromR, causeOfEnd, type RCause } from "./cause.ts";
import type { EngineName } from "./engine.ts";
import type { RunEnd } from "./run-end.ts";

/** record.json, as the R side writes it. */
interface RRecord {
	readonly outcome: AnalysisRecord["outcome"];
	readonly kind?: AnalysisKind;
	readonly cause?: RCause;
	readonly retryAfterMs?: number | null;
	readonly measurements: readonly Measurement[];
	readonly tables: readonly (Omit<Table, "artifact" | "parquet"> & {
		readonly file: string;
		readonly parquetFile?: string;
	})[];
	readonly warnings: readonly string[];
	readonly peakMemoryBytes: number | null;
	readonly r: RVersion;
	readonly stages: AnalysisRecord["stages"];
}

/** The one record of a run that began, from what R wrote and from how its process ended. */
export async function recordOf(request: AnalysisRequest, engine: EngineName, end: RunEnd): Promise<AnalysisRecord> {
	const log = end.log.toString();
	const said = readRecord(request.directory);
	const ran = { log, seconds: end.seconds, engine, seed: request.seed, r: end.r };
	// Ended by us is ended, even if R was about to say something else; gone without a word is not gone before the last one.
	if (said === undefined || (end.how !== "said" && end.how !== "vanished")) {
		const { kind, warnings, peakMemoryBytes } = end;
		return { ...nothing, ...ran, kind, warnings, peakMemoryBytes, cause: causeOfEnd(end, log) };
	}
	const cause = said.cause === undefined ? undefined : causeFromR(said.cause, engine);
	const { outcome, kind, measurements, peakMemoryBytes, r, stages } = said;
	const told = {
		...ran,
		outcome,
		kind,
		measurements,
		peakMemoryBytes,
		r,
		stages,
		retryAfterMs: said.retryAfterMs ?? undefined,
	};
	if (outcome !== "completed") return { ...told, cause, tables: [], artifacts: [], warnings: said.warnings };
	return { ...told, cause, ...(await whatItMade(request, said)) };
}

/** The record of a run that could not begin. */
export function recordOfNoRun(request: AnalysisRequest, engine: EngineName, error: WatchRabbitError): AnalysisRecord {
	const { class: kind, code, message, fix } = error;
	const cause: AttemptCause = { class: kind, code, message, ...(fix === undefined ? {} : { fix }) };
	const r = { version: "", platform: "", packages: {} };
	return { ...nothing, kind: undefined, log: "", seconds: 0, engine, seed: request.seed, r, cause };
}

const nothing = {
	outcome: "failed",
	retryAfterMs: undefined,
	measurements: [],
	tables: [],
	artifacts: [],
	warnings: [],
	stages: [],
	peakMemoryBytes: null,
} as const;

function readRecord(directory: string): RRecord | undefined {
	try {
		return JSON.parse(readFileSync(join(directory, "record.json"), "utf8"));
	} catch {
		return undefined; // not written, or not to its end
	}
}

async function whatItMade(
	{ directory, files: beside = [] }: AnalysisRequest,
	{ tables, warnings }: RRecord,
): Promise<Pick<AnalysisRecord, "artifacts" | "tables" | "warnings">> {
	const written = await findArtifacts(join(directory, "out"));
	const returned = await findArtifacts(join(directory, "returned"));
	const taken = new Set(written.artifacts.map(({ name }) => name));
	const renamed = new Map(returned.artifacts.map(({ name }) => [name, unusedName(name, taken)]));
	const ours: readonly LocalArtifact[] = returned.artifacts.map((artifact) => ({
		...artifact,
		name: renamed.get(artifact.name) ?? artifact.name,
	}));
	return {
		artifacts: [...written.artifacts, ...ours],
		tables: tables.map(({ file, parquetFile, ...table }) => ({
			...table,
			artifact: renamed.get(file) ?? file,
			...(parquetFile === undefined ? {} : { parquet: renamed.get(parquetFile) ?? parquetFile }),
		})),
		warnings: [
			...warnings,
			...written.leftOut.map((name) => `out/${name} was not kept`),
			...forgottenWarning(join(directory, "work"), beside),
		],
	};
}

/** The script's own files keep their names; ours give way. */
function unusedName(name: string, taken: ReadonlySet<string>): string {
	let candidate = name;
	while (taken.has(candidate)) candidate = `returned/${candidate}`;
	return candidate;
}

/** Files written into the working directory, where plain R would have left them for people to find, go with the run. */
function forgottenWarning(directory: string, beside: readonly string[]): readonly string[] {
	const written = entriesOf(directory).filter((entry) => entry.isFile());
	const names = written.map(({ name }) => displayPath(pathFromBytes(name))).filter((name) => !beside.includes(name));
	if (names.length === 0) return [];
	const shown = `${names.slice(0, 5).join(", ")}${names.length > 5 ? ` and ${names.length - 5} more` : ""}`;
	return [`written to the working directory and not kept: ${shown}; write to the output directory instead`];
}
