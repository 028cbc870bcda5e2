import type { Clock } from "#core/clock.ts";
import type { Carry } from "./carrying.ts";
import type { Paused } from "./paused.ts";
import { pause } from "./persist.ts";

export interface CarryHereContext {
	readonly paused: Pick<Paused, "drained">;
	/** Jobs, and acquisitions on their way to their jobs, that this process has in hand. */
	readonly inHand: () => number;
	readonly clock: Clock;
}

const lookEveryMs = 250;
const heardWithinMs = 5_000;

/** A drain of this process: over when it has nothing in hand, or when it is resumed before. */
export function carryHere({ paused, inHand, clock }: CarryHereContext): Carry {
	return async (_operation, { signal, tell }) => {
		const heardBy = clock.monotonic() + heardWithinMs;
		let heard = false;
		let most = 0;
		while (true) {
			heard ||= paused.drained !== undefined;
			const left = inHand();
			if (paused.drained === undefined && (heard || clock.monotonic() > heardBy))
				return `resumed, with ${left} in hand`;
			if (heard && left === 0) return "it has nothing in hand any more, and takes nothing until it is resumed";
			most = Math.max(most, left);
			await tell({ done: most - left, total: most, message: `${left} in hand` });
			await pause(lookEveryMs, { clock, signal });
		}
	};
}
