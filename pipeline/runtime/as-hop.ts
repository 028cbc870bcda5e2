import { asWatchRabbitError } from "#core/errors.ts";
import type { HopDetails, Tracer } from "#core/ports/tracer.ts";
import type { Trace } from "#core/trace.ts";
import type { HopName } from "#domain/hops.ts";

/** Does a task as a hop, which fails as the task does. */
export async function asHop<T>(
	tracer: Tracer,
	name: HopName,
	below: Trace,
	task: (trace: Trace) => Promise<T>,
	details?: HopDetails,
): Promise<T> {
	const hop = tracer.begin(name, below, details);
	try {
		const value = await task(hop.trace);
		hop.end();
		return value;
	} catch (thrown) {
		hop.end({ failure: asWatchRabbitError(thrown) });
		throw thrown;
	}
}
