import { spanId } from "#core/trace.ts";
import type { Span } from "#observability/span.ts";
import { Tracing } from "#observability/tracing.ts";

/** A tracer that makes real spans, and keeps them here instead of sending them. */
export function collectedSpans(sampling = { share: 1, mostPerSecond: 1e6 }) {
	const spans: Span[] = [];
	const tracer = new Tracing({
		observe: () => {},
		sink: { add: (span) => spans.push(span), lost: () => {}, close: async () => {} },
		sampling,
		neighbours: { log: {}, queue: {}, catalog: {}, objects: {} },
	});
	return { tracer, spans, named: (name: string) => spans.filter((span) => span.name === name) };
}

/** Names in their order, each below its parent; a span whose parent is not there is a root. */
export function treeOf(spans: readonly Span[]): string[] {
	const known = new Set(spans.map(({ at }) => spanId(at)));
	const parentOf = ({ below }: Span) => (below !== undefined && known.has(spanId(below)) ? spanId(below) : "");
	const inOrder = spans.toSorted((a, b) => a.startMs - b.startMs || b.endMs - a.endMs);
	const below = (parent: string, depth: number): string[] =>
		inOrder
			.filter((span) => parentOf(span) === parent)
			.flatMap((span) => ["  ".repeat(depth) + span.name, ...below(spanId(span.at), depth + 1)]);
	return below("", 0);
}
