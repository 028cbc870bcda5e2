import type { WatchRabbitError } from "#core/errors.ts";
import type { Arrival } from "#core/ports/catalog.ts";
import type { LogRecord } from "#core/ports/event-log.ts";
import type { Tracer } from "#core/ports/tracer.ts";
import { traceIn } from "#core/trace.ts";

interface TakingIn<P> {
	/** Their jobs go on below what takes them in. */
	readonly planned: readonly P[];
	committed(refused: ReadonlyMap<P, WatchRabbitError>): void;
}

/** The hop of each arrival of a transaction. One that fails as a whole comes again, and is told of then. */
export function takingIn<P extends { readonly arrival: Arrival }>(planned: readonly P[], tracer: Tracer): TakingIn<P> {
	const begun = planned.map((one) => {
		const { event, acquisition, plans } = one.arrival;
		const attributes = {
			"db.operation.batch.size": planned.length,
			"messaging.operation.type": "process",
			"messaging.message.id": event.id,
			"watchrabbit.source": acquisition.source,
			"watchrabbit.acquisition": acquisition.key,
			"watchrabbit.jobs": plans.length,
		};
		const hop = tracer.begin("intake", event, { attributes });
		const moved = { ...one, arrival: { ...one.arrival, event: { ...event, ...hop.trace } } };
		return { hop, one: moved };
	});
	return {
		planned: begun.map(({ one }) => one),
		committed: (refused) => {
			for (const { hop, one } of begun) {
				const failure = refused.get(one);
				hop.end(failure === undefined ? {} : { failure });
			}
		},
	};
}

/** A record was read from the log. */
export function waited({ traceparent, appendedAt, id }: LogRecord, tracer: Tracer): void {
	const trace = traceIn(traceparent);
	if (trace === undefined || appendedAt === undefined) return;
	const endMs = tracer.now();
	const attributes = { "messaging.operation.type": "receive", "messaging.message.id": id };
	// Noted in whole milliseconds, it was within the next one: told as it is, it would begin before it was published.
	tracer.record("log wait", trace, { startMs: Math.min(appendedAt + 1, endMs), endMs }, { attributes });
}
