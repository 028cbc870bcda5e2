import { basename, dirname } from "node:path/posix";
import type { PathString } from "./path.ts";
import type { GroupSettings, Settings } from "./settings.ts";

/** Where a member belongs, from its name. */
export interface Place {
	/** The group: the captures that its members share, below the directory of its members. */
	readonly key: string;
	/** Which part of the group it is: the capture `member`, else its path. */
	readonly member: string;
	/** Those that its members share. */
	readonly captures: Readonly<Record<string, string>>;
}

/**
 * Finds a member's place by the named captures of `by`. With a capture `member`, which tells the parts of a group apart,
 * all others are shared; without one, the first is shared and the others tell the parts apart. An expression with a "/"
 * is held against the whole relative path; any other against the name alone, and members are of one directory.
 *
 * @returns undefined where the name does not match: it belongs to no group
 */
export function placeOf(by: RegExp, path: PathString): Place | undefined {
	const wholePath = by.source.includes("/");
	const match = by.exec(wholePath ? path : basename(path));
	if (match === null) return undefined;
	const { member, ...named } = match.groups ?? {};
	const shared = by.source.includes("(?<member>") ? Object.entries(named) : Object.entries(named).slice(0, 1);
	const captures = Object.fromEntries(shared.map(([name, value = ""]) => [name, value]));
	const name = Object.values(captures).join("/");
	const directory = wholePath ? "." : dirname(path);
	return { key: directory === "." ? name : `${directory}/${name}`, member: member ?? path, captures };
}

/** Which members a group of so many parts still lacks, in words; undefined when it lacks none. */
export function lackOf({ count, members }: GroupSettings, parts: ReadonlySet<string>): string | undefined {
	const absent = (members ?? []).filter((name) => !parts.has(name));
	if (absent.length > 0) return absent.join(", ");
	if (count !== undefined && parts.size < count) return `${count - parts.size} of ${count} members`;
	return undefined;
}

/** Neither a number nor names say when it is complete: it takes what comes until its time is over. */
export function isOpenEnded({ count, members }: GroupSettings): boolean {
	return count === undefined && members === undefined;
}

/**
 * Sources whose acquisitions wait for one another somewhere: all events of such a source are in one partition of the log,
 * whose reader alone knows its rooms.
 */
export function gatheringSources({ sources, pipelines }: Pick<Settings, "sources" | "pipelines">): ReadonlySet<string> {
	return new Set([
		...sources.filter(({ acquisition }) => acquisition === "group").map(({ name }) => name),
		...pipelines.filter(({ stages }) => stages.length > 0).map(({ from }) => from),
	]);
}

/** Where the members of a group or a batch wait: of a source, or of a stage of a pipeline. */
export function roomOf(owner: string, stage?: number): string {
	return stage === undefined ? owner : `${owner}.${stage}`;
}

/** Where announcements of a source's files wait for them. No name that a person gives holds a "/". */
export function announcedRoom(source: string): string {
	return `${source}/announced`;
}

/** Where those wait that were announced over HTTP. */
export function calledRoom(source: string): string {
	return `${announcedRoom(source)}/http`;
}

/** Where acquisitions wait for the analysis of a pipeline. No name that a person gives holds a "/". */
export function analysisRoom(pipeline: string): string {
	return `${pipeline}/analysis`;
}

/** A batch is a group of one key: what has come since the last one. */
export const batchKey = "batch";

/** Key of the acquisition that a pipeline's stage makes of a group. */
export function groupName(pipeline: string, key: string): string {
	return `${pipeline}: ${key}`;
}
