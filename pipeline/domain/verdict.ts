import type { WatchRabbitError } from "#core/errors.ts";
import type { Unit } from "#core/ports/ledger.ts";
import type { Acquisition } from "./acquisition.ts";

/** Whether a thing is complete, and if not, what it waits for. */
export type Verdict<T> =
	| { readonly kind: "complete"; readonly value: T }
	/** `for` in plain words; look again in `againMs`. */
	| { readonly kind: "waiting"; readonly for: string; readonly againMs: number }
	/** It will not become complete by waiting alone: unreadable, or not what it says it is. */
	| { readonly kind: "refused"; readonly cause: WatchRabbitError };

/** Milliseconds since the epoch. */
interface Lasted {
	readonly startMs: number;
	readonly endMs: number;
}

/** A unit of the ledger that was found complete, with what it then held. */
export interface Settled {
	readonly unit: Unit;
	readonly acquisition: Acquisition;
	/** When its files were read. */
	readonly hashed?: Lasted;
	/** Its members are in the object store too, and were read back from there: when that was done. */
	readonly archived?: Lasted;
	/** The catalog has it already: as which acquisition, and with which result. */
	readonly known?: { readonly acquisition: string; readonly analysed?: string };
}
