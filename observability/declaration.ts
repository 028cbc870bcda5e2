import type { WatchRabbitError } from "#core/errors.ts";
import { isSampled, type Trace, traceId } from "#core/trace.ts";
import type { InternalEvent } from "#domain/report.ts";
import type { Health } from "./health.ts";
import type { LogLevel } from "./log-level-names.ts";
import type { Metrics } from "./metrics.ts";

type EventName = InternalEvent["event"];
type EventOf<Name extends EventName> = InternalEvent & { readonly event: Name };

/** One internal event: how loud, in which words, and what follows from it for metrics and health. */
export interface Declaration<E> {
	readonly level: LogLevel | ((event: E) => LogLevel);
	readonly say: (event: E) => string;
	readonly measure?: (metrics: Metrics, event: E) => void;
	readonly health?: (health: Health, event: E) => void;
}

export const why = (error: WatchRabbitError) =>
	`${error.code}: ${error.message}${error.fix === undefined ? "" : ` — ${error.fix}`}`;
export const again = (ms: number) => (ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`);

/** An example of what a histogram counts, where its trace is kept. */
export function tracedBy(trace: Trace): string | undefined {
	return isSampled(trace) ? traceId(trace) : undefined;
}

export type Declarations<Name extends EventName = EventName> = { readonly [N in Name]: Declaration<EventOf<N>> };
