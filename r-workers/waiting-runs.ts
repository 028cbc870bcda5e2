import type { WatchRabbitError } from "#core/errors.ts";
import type { SlotWorker } from "./slot-worker.ts";

export interface WaitingRun {
	/** As performance.now() says. */
	readonly since: number;
	readonly priority: number;
	begin(worker: SlotWorker): void;
	giveUp(error: WatchRabbitError): void;
}

/** Runs that wait for a worker, by their priority and in the order in which they came. */
export class WaitingRuns {
	readonly #runs: WaitingRun[] = [];

	get size(): number {
		return this.#runs.length;
	}

	/** Of the one that waits longest. */
	get since(): number | undefined {
		return this.#runs.length === 0 ? undefined : Math.min(...this.#runs.map(({ since }) => since));
	}

	add(run: WaitingRun): void {
		const before = this.#runs.findIndex(({ priority }) => priority < run.priority);
		this.#runs.splice(before < 0 ? this.#runs.length : before, 0, run);
	}

	remove(run: WaitingRun): void {
		this.#runs.splice(this.#runs.indexOf(run), 1);
	}

	next(): WaitingRun | undefined {
		return this.#runs.shift();
	}

	giveUp(error: WatchRabbitError): void {
		for (const run of this.#runs.splice(0)) run.giveUp(error);
	}
}
