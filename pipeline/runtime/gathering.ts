import { createHash } from "node:crypto";
import { basename, dirname } from "node:path/posix";
import type { Acquisition } from "#domain/acquisition.ts";
import { type PathString, pathToBytes } from "#domain/path.ts";
import type { Arriving } from "./arriving.ts";

/** Where a member belongs, from its name. */
export interface Place {
	/** The group: its captures but `member`, below the directory of its members. */
	readonly key: string;
	/** Which part of the group it is: the capture `member`, else its path. */
	readonly member: string;
	readonly captures: Readonly<Record<string, string>>;
}

/**
 * Finds a member's place by the named captures of `by`. An expression with a "/" is held against the whole relative
 * path; any other against the name alone, and members are of one directory.
 *
 * @returns undefined where the name does not match: it belongs to no group
 */
export function placeOf(by: RegExp, path: PathString): Place | undefined {
	const wholePath = by.source.includes("/");
	const match = by.exec(wholePath ? path : basename(path));
	if (match === null) return undefined;
	const { member, ...captures } = match.groups ?? {};
	const name = Object.values(captures).join("/");
	const directory = wholePath ? "." : dirname(path);
	return { key: directory === "." ? name : `${directory}/${name}`, member: member ?? path, captures };
}

/** One acquisition of several: their files in order of their paths' bytes. */
export function gather(
	parts: readonly Arriving[],
	about: Pick<Acquisition, "key" | "kind" | "captures"> & { readonly settledAt: number; readonly incomplete?: string },
): Arriving {
	const [first] = parts;
	if (first === undefined) throw new RangeError("nothing was gathered");
	const members = new Map(
		parts.flatMap(({ acquisition }) => acquisition.members.map((member) => [member.path, member])),
	);
	return {
		acquisition: {
			...about,
			source: first.acquisition.source,
			members: [...members.values()].sort((a, b) => Buffer.compare(pathToBytes(a.path), pathToBytes(b.path))),
			acquiredAt: Math.max(...parts.map(({ acquisition }) => acquisition.acquiredAt)),
		},
		event: { ...first.event, id: digestOf([about.key, gatheredId(parts)]) },
		offset: undefined,
	};
}

/** The same for the same parts, in whatever order they came. */
export function gatheredId(parts: readonly Arriving[]): string {
	return digestOf(parts.map(({ event }) => event.id).sort());
}

function digestOf(texts: readonly string[]): string {
	return createHash("sha256").update(texts.join("\n")).digest("hex").slice(0, 32);
}
