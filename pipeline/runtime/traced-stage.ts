import { map, pipe, tap } from "rxjs";
import type { Envelope } from "#core/envelope.ts";
import type { Hop, Tracer } from "#core/ports/tracer.ts";
import { Receipt } from "#core/receipt.ts";
import type { Stage } from "#core/stage.ts";
import { isSampled, type Trace } from "#core/trace.ts";

/**
 * A stage whose messages are followed through it: from where they come in until they go on, or are resolved in it. Only
 * those of sampled traces are: a stage takes a million a second. Whatever the stage, it passes a trace on as it is.
 */
export function traced<A extends { readonly event: Trace }, B>(
	name: string,
	stage: Stage<A, B>,
	tracer: Tracer,
): Stage<A, B> {
	if (!tracer.on) return stage;
	const inside = new WeakMap<Trace, Hop>();
	const enter = (envelope: Envelope<A>): Envelope<A> => {
		const { value, receipt } = envelope;
		if (!isSampled(value.event)) return envelope;
		const hop = tracer.begin("stage", value.event, { of: name, attributes: { "watchrabbit.stage": name } });
		inside.set(hop.trace, hop);
		const followed = new Receipt((outcome) => {
			hop.end(outcome.kind === "rejected" ? { failure: outcome.cause } : {});
			receipt.resolve(outcome);
		});
		return { value, receipt: followed, trace: hop.trace };
	};
	return pipe(
		map(enter),
		stage,
		tap(({ trace }) => {
			if (isSampled(trace)) inside.get(trace)?.end();
		}),
	);
}
