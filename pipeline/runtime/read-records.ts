import { pipe } from "rxjs";
import type { WatchRabbitError } from "#core/errors.ts";
import type { LogRecord } from "#core/ports/event-log.ts";
import type { Tracer } from "#core/ports/tracer.ts";
import type { Stage } from "#core/stage.ts";
import { traceIn } from "#core/trace.ts";
import { deadLetter } from "#stages/dead-letter.ts";
import { dedupe } from "#stages/dedupe.ts";
import { type Arriving, arrivingIn } from "./arriving.ts";
import { traced } from "./traced-stage.ts";

/** Event ids remembered to spare the catalog a question; it would give the same answer. */
const remembered = 65_536;

/** What records of the log say, each once; `bury` keeps those that nobody can read. */
export function readRecords(
	bury: (record: LogRecord, cause: WatchRabbitError) => Promise<void>,
	tracer: Tracer,
): Stage<LogRecord, Arriving> {
	const unreadable = (record: LogRecord, failure: WatchRabbitError) => {
		const trace = traceIn(record.traceparent);
		const now = tracer.now();
		if (trace !== undefined) tracer.record("intake", trace, { startMs: now, endMs: now }, { failure });
		return bury(record, failure);
	};
	return pipe(
		deadLetter({ parse: arrivingIn, bury: unreadable }),
		traced("dedupe", dedupe({ key: ({ event }: Arriving) => event.id, capacity: remembered }), tracer),
	);
}
