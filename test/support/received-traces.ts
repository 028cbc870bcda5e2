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

export function attributeOf(span: ReceivedSpan | undefined, key: string): unknown {
	const value = span?.attributes.find((attribute) => attribute.key === key)?.value;
	return value && Object.values(value)[0];
}

function startOf({ startTimeUnixNano }: ReceivedSpan): number {
	return Number(BigInt(startTimeUnixNano) / 1000n);
}
