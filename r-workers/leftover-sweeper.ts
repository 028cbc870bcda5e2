import { asWatchRabbitError, type WatchRabbitError } from "#core/errors.ts";
import { type SlotView, sweepLeftovers } from "./sweep.ts";

/** After the end of a run ... */
const delayMs = 1_000;
/** ... and never more often than so many times the walk's own length: at most 2 % of one core. */
const restFactor = 50;

/**
 * Kills what runs left behind them, soon after they ended, with one walk over the processes for all runs of a second.
 * What may not be killed is told.
 */
export class LeftoverSweeper {
	readonly #views: () => readonly SlotView[];
	readonly #leftBehind: (error: WatchRabbitError) => void;
	#timer: NodeJS.Timeout | undefined;
	#walk: Promise<unknown> | undefined;
	#notBefore = 0;
	#stopped = false;

	constructor(views: () => readonly SlotView[], leftBehind: (error: WatchRabbitError) => void) {
		this.#views = views;
		this.#leftBehind = leftBehind;
	}

	soon(): void {
		if (this.#stopped || this.#timer !== undefined) return;
		this.#timer = setTimeout(
			() => {
				this.#walk = this.#sweep();
			},
			Math.max(delayMs, this.#notBefore - performance.now()),
		).unref();
	}

	/** Resolves when none is under way, and none will be. */
	async stop(): Promise<void> {
		this.#stopped = true;
		clearTimeout(this.#timer);
		await this.#walk;
	}

	async #sweep(): Promise<void> {
		const startedAt = performance.now();
		this.#timer = undefined;
		await sweepLeftovers(this.#views).catch((thrown: unknown) => this.#leftBehind(asWatchRabbitError(thrown)));
		this.#notBefore = performance.now() + restFactor * (performance.now() - startedAt);
	}
}
