import type { PoolSettings } from "#domain/settings.ts";

/** A worker that nothing needed for so many times the wait that made it goes: starting one costs more than keeping it. */
const idleWaits = 6;

/** What a pool looks like at a moment. */
export interface PoolLoad {
	/** Workers that run something. */
	readonly busy: number;
	/** When the run that waits longest began to wait, as performance.now() says; undefined: none waits. */
	readonly waitingSince: number | undefined;
}

/**
 * How many workers a pool has: all, or as many as it takes between two bounds. One more whenever a run has waited too
 * long for its turn, then a look again after as long; one less when they were not all needed for a while.
 */
export class PoolSize {
	readonly #most: number;
	readonly #bounds: PoolSettings["autoscale"];
	readonly #look: () => void;
	#now: number;
	#changedAt = performance.now();
	/** When all were needed last. */
	#neededAt = performance.now();
	#wasNeeded = false;
	#timer: NodeJS.Timeout | undefined;

	/** `look` is called when time alone may have changed the size: it is to call `see`. */
	constructor({ workers, autoscale }: PoolSettings, look: () => void) {
		this.#most = workers;
		this.#bounds = autoscale;
		this.#look = look;
		this.#now = autoscale?.least ?? workers;
	}

	get now(): number {
		return this.#now;
	}

	/** To be called after every change of the load. Gives by how many it changed: 1, 0 or -1. */
	see(load: PoolLoad): number {
		clearTimeout(this.#timer);
		if (this.#bounds === undefined) return 0;
		const at = performance.now();
		const isNeeded = load.busy >= this.#now || load.waitingSince !== undefined;
		if (isNeeded || this.#wasNeeded) this.#neededAt = at;
		this.#wasNeeded = isNeeded;
		const { step, dueAt } = this.#next(load, this.#bounds);
		if (step === 0) return 0;
		if (at < dueAt) {
			this.#timer = setTimeout(this.#look, dueAt - at).unref();
			return 0;
		}
		this.#now += step;
		this.#changedAt = at;
		this.see(load); // for the step after this one
		return step;
	}

	stop(): void {
		clearTimeout(this.#timer);
	}

	#next({ waitingSince }: PoolLoad, { least, waitMs }: NonNullable<PoolSettings["autoscale"]>) {
		if (waitingSince !== undefined) {
			return { step: this.#now < this.#most ? 1 : 0, dueAt: Math.max(waitingSince, this.#changedAt) + waitMs };
		}
		return {
			step: this.#now > least ? -1 : 0,
			dueAt: Math.max(this.#neededAt, this.#changedAt) + idleWaits * waitMs,
		};
	}
}
