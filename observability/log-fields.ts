import { spanId, traceId } from "#core/trace.ts";
import type { InternalEvent } from "#domain/report.ts";

/** Of an event, as far as it has them. */
interface Named {
	readonly traceparent?: string;
	readonly key?: string;
	readonly path?: string;
}

/**
 * The fields of a line, under the same names whatever it tells of, so that a search for one finds all of its lines:
 * `trace_id`, `span_id`, `source`, `acquisition` (its path or name within the source), `job`, `pipeline`, `pool`. The rest is the
 * event's own.
 */
export function logFields(event: InternalEvent): object {
	const { traceparent, key, path, ...fields }: InternalEvent & Named = event;
	const acquisition = key ?? path;
	return {
		...fields,
		...(acquisition === undefined ? {} : { acquisition }),
		...(traceparent ? { trace_id: traceId({ traceparent }), span_id: spanId({ traceparent }) } : {}),
	};
}
