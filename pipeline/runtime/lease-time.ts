import type { Clock } from "#core/clock.ts";
import type { LeasedJobs } from "#core/ports/catalog.ts";
import { ClockSteps } from "./clock-steps.ts";

/**
 * The time by which leases are judged. A wall clock that was set forward would end the lease of every job that runs, and
 * each would be run a second time: before the new time is given to anybody, the leases begin anew.
 */
export class LeaseTime {
	readonly #catalog: LeasedJobs;
	readonly #clock: Clock;
	readonly #steps: ClockSteps;
	#setForward = false;

	constructor(catalog: LeasedJobs, clock: Clock) {
		this.#catalog = catalog;
		this.#clock = clock;
		this.#steps = new ClockSteps(clock);
	}

	async now(): Promise<number> {
		if (this.#steps.look() > 0) this.#setForward = true;
		// Who asks meanwhile renews them as well, and waits: nobody is given the time before.
		if (this.#setForward) {
			await this.#catalog.renewLeases(this.#clock.now());
			this.#setForward = false;
		}
		return this.#clock.now();
	}
}
