import type { Clock } from "#core/clock.ts";
import { transient, type WatchRabbitError } from "#core/errors.ts";
import type { Ledger, LedgerEntry, Unit } from "#core/ports/ledger.ts";
import { type Acquisition, memberOf } from "#domain/acquisition.ts";
import { type FileStat, lastChangeOf, sameStat } from "#domain/file-state.ts";
import { displayPath, type PathString } from "#domain/path.ts";
import type { CompletenessProfile, SourceSettings } from "#domain/settings.ts";
import type { Settled, Verdict } from "#domain/verdict.ts";
import { filesIn } from "./folder-contents.ts";
import type { Finding, Inspection } from "./inspection.ts";
import { look } from "./listing.ts";
import { markerReason, markersOf } from "./markers.ts";

/** What the judge needs of a source: see FileSource. */
export interface JudgedSource {
	readonly settings: SourceSettings;
	/** The path is not what the ledger has: a scan is to look. */
	notice(path: PathString): void;
}

export interface JudgeContext {
	readonly ledger: Ledger;
	readonly inspector: { inspect(inspection: Inspection, signal: AbortSignal): Promise<Finding> };
	/** By name. */
	readonly sources: ReadonlyMap<string, JudgedSource>;
	readonly clock: Clock;
}

export type Judge = (unit: Unit, signal: AbortSignal) => Promise<Verdict<Settled>>;

/** A file as it has to be found. */
interface Expected {
	readonly path: PathString;
	readonly stat: FileStat;
}

/** After a look that found something missing: doubles with each look. A change of the file wakes it anyway. */
const firstLookAgainMs = 250;
const lastLookAgainMs = 30_000;

/**
 * Says whether a unit is complete by the profile of its source. What costs nothing is asked first: quiet, what is
 * there against the ledger, minimum size, markers; then each file is opened for footer, structure and digest, with a
 * stat before and after. A unit that is not what the ledger has is told to its source, whose scan makes it a newer one.
 */
export function createJudge({ ledger, inspector, sources, clock }: JudgeContext): Judge {
	return async (unit, signal) => {
		const source = sources.get(unit.source);
		if (source === undefined) return refused(sourceUnknown(unit));
		const { settings } = source;
		const now = clock.now();
		if (now < unit.wakeAt) return notQuiet(unit.wakeAt - now, settings.complete.quietMs);

		const files = await expectedFiles(unit, source, ledger);
		if ("kind" in files) return files;
		const missing = tooSmall(files, settings.complete) ?? (await missingMarkers(unit, settings));
		if (missing !== undefined) return waiting(missing, unit.looks);

		const startMs = clock.now();
		const findings = await Promise.all(
			files.map((file) => inspector.inspect(inspectionOf(file, unit, settings), signal)),
		);
		const obstacle = firstObstacle(files, findings, source, unit);
		if (obstacle !== undefined) return obstacle;
		const endMs = clock.now();
		const acquisition = acquisitionOf(unit, files, findings, endMs);
		return { kind: "complete", value: { unit, acquisition, hashed: { startMs, endMs } } };
	};
}

/** The files that belong to the unit; a verdict where the disk has others than the ledger. */
async function expectedFiles(
	unit: Unit,
	source: JudgedSource,
	ledger: Ledger,
): Promise<readonly Expected[] | Verdict<Settled>> {
	if (unit.kind === "file") return [{ path: unit.path, stat: unit.stat }];
	const members = ledger.members(unit.id).filter(({ goneAt }) => goneAt === undefined);
	const different = await differences(members, unit, source.settings);
	for (const path of different) source.notice(path);
	if (different.length > 0) return changed(different[0] as PathString, source.settings.complete);
	if (members.length === 0) return waiting("its first file", unit.looks);
	return members.map(({ path, stat }) => ({ path, stat }));
}

/** Paths that the folder has and the ledger not, or the other way round, or in another version. */
async function differences(
	members: readonly LedgerEntry[],
	unit: Unit,
	settings: SourceSettings,
): Promise<readonly PathString[]> {
	const found = await filesIn(settings, unit.path);
	const different = members.filter(({ path, stat }) => {
		const there = found.get(path);
		found.delete(path);
		return there === undefined || !sameStat(there, stat);
	});
	return [...different.map(({ path }) => path), ...found.keys()];
}

function tooSmall(files: readonly Expected[], { minBytes }: CompletenessProfile): string | undefined {
	const bytes = files.reduce((sum, { stat }) => sum + stat.size, 0);
	return bytes < minBytes ? `at least ${minBytes} bytes, it has ${bytes}` : undefined;
}

async function missingMarkers(unit: Unit, settings: SourceSettings): Promise<string | undefined> {
	if (settings.complete.marker.length === 0) return undefined;
	const markers = markersOf(settings, unit.path, unit.kind);
	const seen = await look(settings.watch, markers);
	const missing = markers.filter((_, i) => seen[i] instanceof Error);
	return missing.length === 0 ? undefined : markerReason(missing);
}

function inspectionOf({ path, stat }: Expected, unit: Unit, { watch, complete }: SourceSettings): Inspection {
	// A folder holds files of many formats: each is asked only for the structure that its own first bytes promise.
	const probe = unit.kind === "folder" && complete.probe !== "none" ? "auto" : complete.probe;
	return { file: `${watch}/${path}`, stat, footer: complete.footer, probe };
}

function firstObstacle(
	files: readonly Expected[],
	findings: readonly Finding[],
	source: JudgedSource,
	unit: Unit,
): Verdict<Settled> | undefined {
	for (const [i, finding] of findings.entries()) {
		if (finding.kind === "whole") continue;
		const { path } = files[i] as Expected;
		const of = unit.kind === "folder" ? ` of ${displayPath(path)}` : "";
		switch (finding.kind) {
			case "incomplete":
				return waiting(finding.missing + of, unit.looks);
			case "changed":
				source.notice(path);
				return changed(path, source.settings.complete);
			case "unreadable":
				return refused(unreadable(path, finding));
			case "aborted":
				throw transient("JUDGE_ABORTED", "there is a newer version, or the process is ending");
		}
	}
	return undefined;
}

function acquisitionOf(
	unit: Unit,
	files: readonly Expected[],
	findings: readonly Finding[],
	settledAt: number,
): Acquisition {
	const members = files.map(({ path, stat }, i) => {
		const { sha256 } = findings[i] as Extract<Finding, { kind: "whole" }>;
		return memberOf(path, stat, sha256);
	});
	const acquiredAt = lastChangeOf(
		files.map(({ stat }) => stat),
		settledAt,
	);
	return { source: unit.source, key: unit.path, kind: unit.kind, members, acquiredAt, settledAt, captures: {} };
}

function waiting(what: string, looks: number): Verdict<Settled> {
	const againMs = Math.min(lastLookAgainMs, firstLookAgainMs * 2 ** Math.min(looks, 16));
	return { kind: "waiting", for: what, againMs };
}

function notQuiet(restMs: number, quietMs: number): Verdict<Settled> {
	// Not rounded up: it would read as if it were all of it.
	const restedMs = Math.floor(Math.max(0, quietMs - restMs) / 100) * 100;
	return { kind: "waiting", for: `quiet for ${seconds(restedMs)} of ${seconds(quietMs)}`, againMs: restMs };
}

/** The scan that was asked for overrides this with what it finds. */
function changed(path: PathString, { quietMs }: CompletenessProfile): Verdict<Settled> {
	return { kind: "waiting", for: `a scan: ${displayPath(path)} changed while it was looked at`, againMs: quietMs };
}

function refused(cause: WatchRabbitError): Verdict<Settled> {
	return { kind: "refused", cause };
}

function seconds(ms: number): string {
	return `${Math.round(ms / 100) / 10} s`;
}

function unreadable(path: PathString, { errno, message }: Extract<Finding, { kind: "unreadable" }>): WatchRabbitError {
	const why = errno === "EACCES" || errno === "EPERM" ? `permission denied (${errno})` : message;
	return transient("UNREADABLE", `${displayPath(path)} cannot be read: ${why}`, {
		fix: "Let the user that watchrabbit runs as read it; it is tried again by itself.",
	});
}

function sourceUnknown(unit: Unit): WatchRabbitError {
	return transient("SOURCE_UNKNOWN", `the configuration has no source ${unit.source} any more`, {
		fix: `Put the source ${unit.source} back into the configuration, or leave it: nothing is done with its files.`,
	});
}
