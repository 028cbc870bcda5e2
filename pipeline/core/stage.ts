import type { OperatorFunction } from "rxjs";
import type { Envelope } from "./envelope.ts";

/**
 * An ordinary RxJS operator over acknowledged envelopes. For every envelope that comes in, a stage passes its receipt
 * on, forks it, joins it or resolves it, exactly once. A message's failure resolves its receipt; the RxJS error
 * channel means that the pipeline itself is broken.
 */
export type Stage<A, B = A> = OperatorFunction<Envelope<A>, Envelope<B>>;
