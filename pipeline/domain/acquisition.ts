import { createHash } from "node:crypto";
import { namedTrace, spanId, type Trace, withSpan } from "#core/trace.ts";
import type { FileStat } from "./file-state.ts";
import type { PathString } from "./path.ts";

/** One file of an acquisition, as it was when it settled. */
export interface Member {
	/** Relative to the source's root, "/" between the parts. */
	readonly path: PathString;
	readonly size: number;
	/** SHA-256 of the content, 64 hex digits. */
	readonly sha256: string;
	/** Nanoseconds since the epoch, decimal: JSON has no 64-bit integers. */
	readonly mtimeNs: string;
	readonly ctimeNs: string;
	readonly inode: string;
}

export function memberOf(path: PathString, stat: FileStat, sha256: string): Member {
	const { size, mtimeNs, ctimeNs, inode } = stat;
	return { path, size, sha256, mtimeNs: `${mtimeNs}`, ctimeNs: `${ctimeNs}`, inode: `${inode}` };
}

/** What an instrument wrote in one go: a file, a run folder, or a group of files that belong together. */
export interface Acquisition {
	readonly source: string;
	/** What it is within its source: a file's or folder's relative path, a group's name. Its versions share it. */
	readonly key: PathString;
	readonly kind: "file" | "folder" | "group" | "batch";
	/** Ordered by path bytes. */
	readonly members: readonly Member[];
	/** When the last member changed: milliseconds since the epoch. */
	readonly acquiredAt: number;
	/** When it was found complete: milliseconds since the epoch. */
	readonly settledAt: number;
	/** Of what was gathered: how long the freshest of its parts had lain when that was found complete. */
	readonly freshestMs?: number;
	/** Named captures of the group's pattern, if any: plate, well, sample. */
	readonly captures: Readonly<Record<string, string>>;
	/** Why it is here although incomplete (a group whose member never came), for `why` and the manifest. */
	readonly incomplete?: string;
}

/** `file.settled`: the edge says that an acquisition is complete. Version 1 of the message format. */
export interface FileSettled {
	/** Identity of the event: the same acquisition version published twice has the same id. */
	readonly id: string;
	readonly type: "file.settled";
	readonly version: 1;
	readonly acquisition: Acquisition;
	/** Absolute path of the source's root on the host that saw it. */
	readonly root: PathString;
	readonly traceparent: string;
	/** Left out by releases before it was there, and where there is no order: of what was gathered. */
	readonly standing?: Standing;
}

/** Where an event stands among those that a ledger published of the same path: in the order of these numbers. */
export interface Standing {
	readonly ledger: string;
	readonly unit: number;
	readonly generation: number;
}

/**
 * Derived, not stored: a version that is published a second time goes on in the same trace. `origin`: the trace that it was
 * told of in, which it goes on with, as is decided there whether it is kept.
 */
export function traceOfVersion({ ledger, unit, generation }: Standing, origin?: Trace): Trace {
	const own = namedTrace(`${ledger}/${unit}/${generation}`);
	return origin === undefined ? own : withSpan(origin, spanId(own));
}

/** False as well where nobody can say: ledgers do not know of one another. */
export function isBefore(one: Standing, other: Standing): boolean {
	if (one.ledger !== other.ledger) return false;
	return one.unit === other.unit ? one.generation < other.generation : one.unit < other.unit;
}

/**
 * Digest of an acquisition's content: of a single file its own; else over the members' digests in order.
 * Names are not in it: a copy has the same content.
 */
export function contentDigest(members: readonly Member[]): string {
	const [only] = members;
	if (only !== undefined && members.length === 1) return only.sha256;
	const hash = createHash("sha256");
	for (const member of members) hash.update(member.sha256);
	return hash.digest("hex");
}
