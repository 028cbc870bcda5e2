import { createHash } from "node:crypto";
import type { Acquisition } from "#domain/acquisition.ts";
import { pathToBytes } from "#domain/path.ts";
import type { Arriving } from "./arriving.ts";

/** One acquisition of several: their files in order of their paths' bytes. */
export function combine(
	parts: readonly Arriving[],
	about: Pick<Acquisition, "key" | "kind" | "captures"> & { readonly settledAt: number; readonly incomplete?: string },
): Arriving {
	const [first] = parts;
	if (first === undefined) throw new RangeError("there is nothing to combine");
	const { root, traceparent } = first.event;
	const members = new Map(
		parts.flatMap(({ acquisition }) => acquisition.members.map((member) => [member.path, member])),
	);
	return {
		acquisition: {
			...about,
			source: first.acquisition.source,
			members: [...members.values()].sort((a, b) => Buffer.compare(pathToBytes(a.path), pathToBytes(b.path))),
			acquiredAt: parts.reduce(
				(latest, { acquisition }) => Math.max(latest, acquisition.acquiredAt),
				Number.NEGATIVE_INFINITY,
			),
		},
		event: { root, traceparent, id: digestOf([about.key, combinedId(parts)]) },
		offset: undefined,
	};
}

/** The same for the same parts, in whatever order they came. */
export function combinedId(parts: readonly Arriving[]): string {
	return digestOf(parts.map(({ event }) => event.id).sort());
}

function digestOf(texts: readonly string[]): string {
	return createHash("sha256").update(texts.join("\n")).digest("hex").slice(0, 32);
}
