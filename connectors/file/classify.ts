import { type BigIntStats, readlinkSync } from "node:fs";
import { posix } from "node:path";
import type { LedgerEntry, Observation } from "#core/ports/ledger.ts";
import { isOpen } from "#domain/file-state.ts";
import { displayPath, type PathString, pathFromBytes } from "#domain/path.ts";
import type { SourceSettings } from "#domain/settings.ts";
import { folderOf, matchRule } from "#domain/watch-rules.ts";
import { statOf } from "./listing.ts";
import { atRestSince } from "./quiet.ts";
import { absolute, parentOf } from "./watcher.ts";

/** The first start of a source, and whether all that was there then has been seen. */
export interface FirstStart {
	readonly at: number;
	readonly over: boolean;
}

export interface Circumstances {
	readonly settings: SourceSettings;
	readonly firstStart: FirstStart;
	/** Milliseconds since the epoch. */
	readonly now: number;
	/** On a file system that others write as well. */
	readonly shared: boolean;
}

type There = Exclude<Observation, { kind: "gone" }>;

/** What a path that is no directory means to a source, and if it is ignored, by which rule. */
export function classify(
	path: PathString,
	stats: BigIntStats,
	entry: LedgerEntry | undefined,
	circumstances: Circumstances,
): There {
	const { settings, now, shared } = circumstances;
	const stat = statOf(stats);
	const rule =
		kindRule(settings.watch, path, stats) ?? pathRule(settings, path) ?? existingRule(stats, entry, circumstances);
	if (rule !== undefined) return { kind: "ignored", path, stat, at: now, reason: rule };
	const folder = settings.acquisition === "folder" ? folderOf(settings, path) : undefined;
	const wakeAt = atRestSince(stat, now, now, shared) + settings.complete.quietMs;
	return { kind: "changed", path, stat, folder, at: now, wakeAt };
}

function kindRule(root: PathString, path: PathString, stats: BigIntStats): string | undefined {
	if (stats.isFile()) return undefined;
	if (stats.isSymbolicLink()) return `symbolic link: ${whereItLeads(root, path)}; links are not followed`;
	if (stats.isFIFO()) return "named pipe (FIFO): only regular files are taken";
	if (stats.isSocket()) return "socket: only regular files are taken";
	return "device: only regular files are taken";
}

function whereItLeads(root: PathString, path: PathString): string {
	let target: PathString;
	try {
		target = pathFromBytes(readlinkSync(absolute(root, path), { encoding: "buffer" }));
	} catch {
		return "it leads nowhere";
	}
	const reached = posix.resolve(root, parentOf(path), target);
	const inside = reached === root || reached.startsWith(root === "/" ? "/" : `${root}/`);
	return `it leads ${inside ? "to another place in the watched directory" : "out of the watched directory"}, to ${displayPath(target)}`;
}

function pathRule(settings: SourceSettings, path: PathString): string | undefined {
	const verdict = matchRule(settings, path);
	return verdict.include ? undefined : verdict.rule;
}

const existingPrefix = "existing: ";

/** By the change time, which moves when a file is moved in: a file that came after the first start is never "existing". */
function existingRule(
	stats: BigIntStats,
	entry: LedgerEntry | undefined,
	circumstances: Circumstances,
): string | undefined {
	const { existing } = circumstances.settings;
	const { firstStart } = circumstances;
	if (existing === "process") return undefined;
	const wasThere =
		entry === undefined
			? !firstStart.over && Number(stats.ctimeNs / 1_000_000n) <= firstStart.at
			: entry.state === "ignored" &&
				entry.reason?.startsWith(existingPrefix) === true &&
				entry.stat.ctimeNs === stats.ctimeNs;
	if (!wasThere) return undefined;
	const started = `at the first start (${new Date(firstStart.at).toISOString()})`;
	if (existing === "ignore") return `${existingPrefix}ignore: it was there ${started}`;
	if (Number(stats.mtimeNs / 1_000_000n) >= existing.since) return undefined;
	return `${existingPrefix}since ${new Date(existing.since).toISOString()}: it was there ${started}, and is older`;
}

/** Whether the rules still say of an unchanged file what the ledger has; what was settled or analysed stays so. */
export function meansTheSame(entry: LedgerEntry, observation: Observation): boolean {
	if (observation.kind === "changed") {
		return entry.state !== "ignored" && entry.kind === (observation.folder === undefined ? "file" : "member");
	}
	if (entry.state === "ignored") return observation.kind === "ignored" && entry.reason === observation.reason;
	return !isOpen(entry.state);
}
