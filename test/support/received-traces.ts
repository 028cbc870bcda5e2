import type { ReceivedSpan } from "./servers/otlp-receiver.ts";

/** Names in their order, each below its parent; what failed is marked. */
export function treeOfTrace(spans: readonly ReceivedSpan[], trace: string): string[] {
	const ofIt = spans.filter(({ traceId }) => traceId === trace).toSorted((a, b) => startOf(a) - startOf(b));
	const below = (parent: string, depth: number): string[] =>
		ofIt
			.filter(({ parentSpanId }) => parentSpanId === parent)
			.flatMap(({ name, spanId, status }) => [
				`${"  ".repeat(depth)}${name}${status.code === 2 ? " !" : ""}`,
				...below(spanId, depth + 1),
			]);
	return below("", 0);
}

/** Spans whose parent nobody has sent. */
export function orphansIn(spans: readonly ReceivedSpan[]): string[] {
	const known = new Set(spans.map(({ traceId, spanId }) => `${traceId}/${spanId}`));
	return spans
		.filter(({ traceId, parentSpanId }) => parentSpanId !== "" && !known.has(`${traceId}/${parentSpanId}`))
		.map(({ name, traceId }) => `${name} of ${traceId}`);
}

/** Of two clocks of one machine, one of which is asked for over a connection. */
const readingMs = 100n;

/**
 * What does not keep to this: nothing begins before what it is below, and siblings follow one another. A stage that holds
 * its messages does so until the transaction has that makes them wait as rows.
 */
export function disorderIn(spans: readonly ReceivedSpan[], holding: readonly string[]): string[] {
	const known = new Map(spans.map((span) => [`${span.traceId}/${span.spanId}`, span]));
	const byParent = Map.groupBy(spans, ({ traceId, parentSpanId }) => `${traceId}/${parentSpanId}`);
	return [...byParent].flatMap(([place, below]) => {
		const parent = known.get(place);
		if (parent === undefined) return [];
		const inOrder = below.toSorted((a, b) => startOf(a) - startOf(b));
		return inOrder.flatMap((span, index) => {
			const before = inOrder[index - 1];
			// Its wait in the queue is measured by the clock of the catalog's server.
			const leewayNs = span.name === "queue wait" ? readingMs * 1_000_000n : 0n;
			const isEarly = startNs(span) + leewayNs < startNs(parent);
			const isTogether = before && !holding.includes(before.name) && startNs(span) < BigInt(before.endTimeUnixNano);
			return [
				...(isEarly ? [`${span.name} begins before ${parent.name}, above it`] : []),
				...(isTogether ? [`${span.name} begins before ${before.name} has ended, which goes before it`] : []),
			].map((what) => `${what}, in ${span.traceId}`);
		});
	});
}

/** Spans that go on when what they are a part of has ended. */
export function overhangIn(spans: readonly ReceivedSpan[], whole: readonly string[]): string[] {
	const known = new Map(spans.map((span) => [`${span.traceId}/${span.spanId}`, span]));
	return spans.flatMap((span) => {
		const parent = known.get(`${span.traceId}/${span.parentSpanId}`);
		if (parent === undefined || !whole.includes(parent.name)) return [];
		const isOver = BigInt(span.endTimeUnixNano) > BigInt(parent.endTimeUnixNano);
		return isOver ? [`${span.name} ends after ${parent.name}, of ${span.traceId}`] : [];
	});
}

export function attributeOf(span: ReceivedSpan | undefined, key: string): unknown {
	const value = span?.attributes.find((attribute) => attribute.key === key)?.value;
	return value && Object.values(value)[0];
}

function startNs({ startTimeUnixNano }: ReceivedSpan): bigint {
	return BigInt(startTimeUnixNano);
}

function startOf({ startTimeUnixNano }: ReceivedSpan): number {
	return Number(BigInt(startTimeUnixNano) / 1000n);
}
