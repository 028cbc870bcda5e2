import type { Clock } from "#core/clock.ts";
import type { Ledger, LedgerEntry, Observation } from "#core/ports/ledger.ts";
import type { PathString } from "#domain/path.ts";
import type { Report } from "#domain/report.ts";

export interface DifferencesContext {
	readonly source: string;
	readonly ledger: Ledger;
	readonly clock: Clock;
	readonly report: Report;
	/** Called after observations were written. */
	readonly onObserved: () => void;
}

/** So many are written at once: a few milliseconds of the event loop. */
const writeSize = 1_024;

/** What a scan found to be otherwise than the ledger has it, until it is written there. */
export class Differences {
	readonly #context: DifferencesContext;
	#observations: Observation[] = [];

	constructor(context: DifferencesContext) {
		this.#context = context;
	}

	/** Whether there is so much to be written that it is worth a transaction of its own. */
	get isFull(): boolean {
		return this.#observations.length >= writeSize / 2;
	}

	add(observation: Observation): void {
		this.#observations.push(observation);
		if (this.#observations.length >= writeSize) this.flush();
	}

	quarantined(path: PathString, entry: LedgerEntry | undefined, stat: LedgerEntry["stat"], reason: string): void {
		const known = entry?.state === "quarantined" && entry.reason === reason && entry.goneAt === undefined;
		if (!known) this.add({ kind: "quarantined", path, stat, at: this.#context.clock.now(), reason });
	}

	/** What the ledger has is no more; a folder is gone with the last of its members. */
	gone(path: PathString, entry: LedgerEntry | undefined): void {
		if (entry === undefined || entry.goneAt !== undefined || entry.kind === "folder") return;
		this.add({ kind: "gone", path, at: this.#context.clock.now() });
	}

	/** Writes what is left to be written. */
	flush(): void {
		const { ledger, source, report, onObserved } = this.#context;
		if (this.#observations.length === 0) return;
		ledger.observe(source, this.#observations);
		const changes = this.#observations.filter(({ kind }) => kind === "changed").length;
		this.#observations = [];
		if (changes > 0) report({ event: "source.changed", source, changes });
		onObserved();
	}
}
