import type { Clock } from "#core/clock.ts";
import type { Ledger } from "#core/ports/ledger.ts";
import type { FirstStart } from "./classify.ts";

/** Remembers in the ledger when a source was started first, and whether all that was there then has been seen. */
export class FirstStartMemory {
	readonly #source: string;
	readonly #ledger: Ledger;
	readonly #clock: Clock;
	#known: FirstStart | undefined;

	constructor(source: string, ledger: Ledger, clock: Clock) {
		this.#source = source;
		this.#ledger = ledger;
		this.#clock = clock;
	}

	/** The first call of the first start is its beginning. */
	recall(): FirstStart {
		if (this.#known !== undefined) return this.#known;
		const noted = this.#ledger.note(this.#note("first-start"));
		const at = noted === undefined ? this.#clock.now() : Number(noted);
		if (noted === undefined) this.#ledger.setNote(this.#note("first-start"), String(at));
		this.#known = { at, over: this.#ledger.note(this.#note("first-scan")) !== undefined };
		return this.#known;
	}

	/** It was at that time, unless this ledger knows. */
	suppose(at: number): void {
		if (this.#ledger.note(this.#note("first-start")) === undefined) {
			this.#ledger.setNote(this.#note("first-start"), String(at));
		}
	}

	/** A full scan has seen all that was there. */
	isOver(): void {
		if (this.#known === undefined || this.#known.over) return;
		this.#ledger.setNote(this.#note("first-scan"), String(this.#clock.now()));
		this.#known = { ...this.#known, over: true };
	}

	#note(what: string): string {
		return `source/${this.#source}/${what}`;
	}
}
