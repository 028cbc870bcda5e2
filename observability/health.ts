import type { Clock } from "#core/clock.ts";
import { coverSecrets } from "#core/secrets.ts";

/** `broken` needs a restart; `down` passes by itself once the neighbour is back. */
export type CheckState = "starting" | "up" | "down" | "draining" | "broken";

export interface Check {
	readonly name: string;
	readonly state: CheckState;
	/** Since when it is in this state: milliseconds since the epoch. */
	readonly since: number;
	readonly detail: string;
}

export interface Readiness {
	readonly ok: boolean;
	readonly checks: readonly Check[];
}

/** What this process knows about itself and its neighbours, by name. */
export class Health {
	readonly #clock: Clock;
	readonly #checks = new Map<string, Check>();

	constructor(clock: Clock) {
		this.#clock = clock;
	}

	set(name: string, state: CheckState, detail: string): void {
		const known = this.#checks.get(name);
		const since = known?.state === state ? known.since : this.#clock.now();
		this.#checks.set(name, { name, state, since, detail: coverSecrets(detail) });
	}

	/** What ended in good order is no longer asked about. */
	forget(name: string): void {
		this.#checks.delete(name);
	}

	/** Not ok: only a restart helps. */
	live(): Readiness {
		return this.#verdict((check) => check.state !== "broken");
	}

	/** Ok: every part of this process is up and takes work, the R of its pools included: one that only serves has none. */
	ready(): Readiness {
		return this.#verdict((check) => check.state === "up");
	}

	#verdict(good: (check: Check) => boolean): Readiness {
		const checks = [...this.#checks.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
		return { ok: checks.every(good), checks };
	}
}
