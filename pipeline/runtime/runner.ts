import type { Observable, Subscription } from "rxjs";
import type { Clock } from "#core/clock.ts";
import type { Envelope } from "#core/envelope.ts";
import { asWatchRabbitError, type WatchRabbitError } from "#core/errors.ts";
import { Credits, type RoleLoad } from "./credits.ts";
import { type Draw, intake } from "./intake.ts";

export interface RunnerOptions<T> {
	readonly draw: Draw<T>;
	/** Messages on their way at most. */
	readonly credits: number;
	/** From what was drawn to its end: every receipt is resolved in here. */
	readonly graph: (drawn$: Observable<Envelope<T>>) => Observable<unknown>;
	readonly clock: Clock;
	/** The pipeline itself is broken: an error came down the RxJS error channel. */
	readonly onBroken: (error: WatchRabbitError) => void;
}

/**
 * Runs a stage graph over an intake and owns its end: stop reading, give what is in flight its grace, tear the graph
 * down (the stages resolve what they hold as retry), and only then say that it is over.
 */
export class Runner<T> {
	readonly #options: RunnerOptions<T>;
	readonly #credits: Credits;
	readonly #reading = new AbortController();
	#subscription: Subscription | undefined;

	constructor(options: RunnerOptions<T>) {
		this.#options = options;
		this.#credits = new Credits(options.credits);
	}

	get load(): RoleLoad {
		return this.#credits.load;
	}

	start(): void {
		if (this.#subscription !== undefined || this.#reading.signal.aborted) return;
		const { draw, graph, onBroken } = this.#options;
		this.#subscription = graph(intake(draw, this.#credits, this.#reading.signal)).subscribe({
			error: (thrown: unknown) => {
				this.#reading.abort();
				onBroken(asWatchRabbitError(thrown));
			},
		});
	}

	/** Safe before start, and twice. */
	async drain(graceMs: number): Promise<void> {
		this.#reading.abort();
		if (this.#subscription === undefined) return;
		await this.#allBackWithin(graceMs);
		this.#subscription.unsubscribe();
		// What a stage awaits outside RxJS (a transaction under way) ends by itself within its own bounds.
		await this.#allBackWithin(graceMs);
	}

	async #allBackWithin(ms: number): Promise<void> {
		const patience = new AbortController();
		const cancel = this.#options.clock.after(ms, () => patience.abort());
		await this.#credits.all(patience.signal);
		cancel();
	}
}
