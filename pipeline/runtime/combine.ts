import { createHash } from "node:crypto";
import type { Tracer } from "#core/ports/tracer.ts";
import { namedTrace } from "#core/trace.ts";
import type { Acquisition } from "#domain/acquisition.ts";
import { lainMs } from "#domain/objectives.ts";
import { pathToBytes } from "#domain/path.ts";
import type { Arriving } from "./arriving.ts";

/** As many as OpenTelemetry keeps of one span. */
const mostLinks = 128;

/** One acquisition of several: their files in order of their paths' bytes. */
export function combine(
	parts: readonly Arriving[],
	about: Pick<Acquisition, "key" | "kind" | "captures"> & { readonly settledAt: number; readonly incomplete?: string },
	tracer: Tracer,
): Arriving {
	const [first] = parts;
	if (first === undefined) throw new RangeError("there is nothing to combine");
	const { root } = first.event;
	const id = digestOf([about.key, combinedId(parts)]);
	const members = new Map(
		parts.flatMap(({ acquisition }) => acquisition.members.map((member) => [member.path, member])),
	);
	// It has a trace of its own, which is the same when it is combined once more.
	const trace = tracer.sampled(namedTrace(id), "gather");
	const startMs = parts.reduce((first, { acquisition }) => Math.min(first, acquisition.settledAt), about.settledAt);
	tracer.record(
		"gather",
		undefined,
		{ startMs, endMs: tracer.now() },
		{
			as: trace,
			links: parts.slice(0, mostLinks).map(({ event }) => event),
			attributes: {
				"watchrabbit.source": first.acquisition.source,
				"watchrabbit.acquisition": about.key,
				"watchrabbit.kind": about.kind,
				"watchrabbit.members": parts.length,
			},
		},
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
			freshestMs: parts.reduce(
				(least, { acquisition }) => Math.min(least, lainMs(acquisition)),
				Number.POSITIVE_INFINITY,
			),
		},
		event: { root, ...trace, id },
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
