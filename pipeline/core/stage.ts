import { Observable, type OperatorFunction, Subscriber } from "rxjs";
import type { Envelope } from "./envelope.ts";
import { failure, tornDown } from "./outcome.ts";

/**
 * An ordinary RxJS operator over acknowledged envelopes. For every envelope that comes in, a stage passes its receipt
 * on, forks it, joins it or resolves it, exactly once. A message's failure resolves its receipt; the RxJS error
 * channel means that the pipeline itself is broken.
 */
export type Stage<A, B = A> = OperatorFunction<Envelope<A>, Envelope<B>>;

/** Where a stage sends what goes on. */
export type Outlet<B> = Subscriber<Envelope<B>>;

/** What a stage does with what comes in. */
export interface Inlet<A> {
	/** May throw as long as the receipt is still its own: a function of the configuration failed on this message alone. */
	next(envelope: Envelope<A>): void;
	/** Nothing more comes: completes the outlet, at once or when what is held has gone on. Left out: at once. */
	complete?(): void;
	/** It is over, by complete, error or unsubscribe: resolves as `tornDown` whatever is still held. Called once. */
	release?(): void;
}

/** A stage from what it does with an envelope; `open` is called for each subscription. */
export function stage<A, B>(open: (outlet: Outlet<B>) => Inlet<A>): Stage<A, B> {
	return (source$) =>
		new Observable((outlet) => {
			const inlet = open(outlet);
			const intake = new Intake(outlet, inlet);
			// Behind the intake, which `outlet` ends first: nothing more comes while what is held is released.
			if (inlet.release !== undefined) outlet.add(() => inlet.release?.());
			source$.subscribe(intake);
		});
}

/** Sends an envelope on; once nobody listens any more, it is resolved instead of lost. */
export function emit<B>(outlet: Outlet<B>, envelope: Envelope<B>): void {
	if (outlet.closed) envelope.receipt.resolve(tornDown);
	else outlet.next(envelope);
}

/** Tied to its outlet before the source is subscribed, as RxJS ties its own operators: a synchronous source can be left. */
class Intake<A, B> extends Subscriber<Envelope<A>> {
	readonly #outlet: Outlet<B>;
	readonly #inlet: Inlet<A>;

	constructor(outlet: Outlet<B>, inlet: Inlet<A>) {
		super(outlet);
		this.#outlet = outlet;
		this.#inlet = inlet;
	}

	protected override _next(envelope: Envelope<A>): void {
		try {
			this.#inlet.next(envelope);
		} catch (thrown) {
			if (envelope.receipt.resolved) this.#outlet.error(thrown);
			else envelope.receipt.resolve(failure(thrown));
		}
	}

	protected override _complete(): void {
		try {
			if (this.#inlet.complete === undefined) this.#outlet.complete();
			else this.#inlet.complete();
		} catch (thrown) {
			this.#outlet.error(thrown);
		} finally {
			this.unsubscribe();
		}
	}
}
