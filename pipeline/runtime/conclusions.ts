import { asWatchRabbitError, type WatchRabbitError } from "#core/errors.ts";
import type { Conclusion, Ledger } from "#core/ports/ledger.ts";
import { concludeApart, type Named } from "./conclude-apart.ts";
import type { PersistContext } from "./persist.ts";

export interface ConclusionsContext extends PersistContext {
	/** The ledger cannot be written, and waiting does not help. */
	readonly onBroken: (error: WatchRabbitError) => void;
}

/**
 * Writes conclusions into the ledger, many to a transaction: whatever comes while one is being written goes with the
 * next. A full disk delays them and loses none.
 */
export class Conclusions {
	readonly #ledger: Ledger;
	readonly #context: ConclusionsContext;
	#waiting: { readonly of: Named; readonly conclusion: Conclusion; readonly written: () => void }[] = [];
	#writing: Promise<void> | undefined;

	constructor(ledger: Ledger, context: ConclusionsContext) {
		this.#ledger = ledger;
		this.#context = context;
	}

	/** `written` is called once it is durable. */
	add(of: Named, conclusion: Conclusion, written: () => void): void {
		this.#waiting.push({ of, conclusion, written });
		this.#writing ??= this.#write();
	}

	/** Resolves when nothing waits to be written. */
	async flush(): Promise<void> {
		await this.#writing;
	}

	async #write(): Promise<void> {
		// Give what resolves in the same turn of the loop the chance to share the transaction.
		await new Promise<void>((resolve) => setImmediate(resolve));
		while (this.#waiting.length > 0) {
			const batch = this.#waiting;
			this.#waiting = [];
			try {
				await concludeApart(this.#ledger, batch, this.#context);
			} catch (thrown) {
				if (!this.#context.signal.aborted) this.#context.onBroken(asWatchRabbitError(thrown));
			} finally {
				// Also when the process is ending: the units are still due in the ledger and will be judged again.
				for (const { written } of batch) written();
			}
		}
		this.#writing = undefined;
	}
}
