import { asWatchRabbitError, type WatchRabbitError } from "#core/errors.ts";

/**
 * A task that runs until it is told to stop; stopping waits for its end. Its failure is told, never swallowed. It runs
 * once: a second start, and one after the stop, do nothing.
 */
export class Loop {
	readonly #controller = new AbortController();
	#running: Promise<void> | undefined;

	get signal(): AbortSignal {
		return this.#controller.signal;
	}

	start(body: (signal: AbortSignal) => Promise<void>, onBroken: (error: WatchRabbitError) => void): void {
		if (this.#running !== undefined || this.signal.aborted) return;
		this.#running = body(this.signal).catch((thrown: unknown) => {
			if (!this.signal.aborted) onBroken(asWatchRabbitError(thrown));
		});
	}

	async stop(): Promise<void> {
		this.#controller.abort();
		await this.#running;
	}
}
