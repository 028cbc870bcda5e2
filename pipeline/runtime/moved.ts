import { fault } from "#core/errors.ts";
import type { WakeUp } from "#core/wake-up.ts";

/**
 * Rung when jobs were committed, or ended. Everybody who waits for that has a wake-up of his own: a ring is over for all who
 * share one as soon as the first of them has heard it.
 */
export class Moved {
	readonly #wakeUps: ReadonlyMap<string, WakeUp>;

	constructor(who: readonly string[], wakeUp: (name: string) => WakeUp) {
		this.#wakeUps = new Map(who.map((name) => [name, wakeUp(name)]));
	}

	of(who: string): WakeUp {
		const wakeUp = this.#wakeUps.get(who);
		if (wakeUp === undefined) throw fault("NOBODY_WAITS", `nobody is rung by the name ${who}`);
		return wakeUp;
	}

	ring(): void {
		for (const wakeUp of this.#wakeUps.values()) wakeUp.ring();
	}
}
