import type { LogOffset } from "#core/ports/event-log.ts";

/**
 * Which prefix of a log is resolved. Records are opened in the order of their offsets and closed in any; the offset to
 * commit is the last one before the first that is still open, so that a restart skips nothing.
 */
export class OffsetTracker {
	/** In order of opening; a closed record stays until all before it are closed. */
	readonly #records = new Map<LogOffset, "open" | "closed">();
	#prefix: LogOffset | undefined;

	constructor(committed: LogOffset | undefined) {
		this.#prefix = committed;
	}

	/** The end of the resolved prefix. */
	get prefix(): LogOffset | undefined {
		return this.#prefix;
	}

	open(offset: LogOffset): void {
		this.#records.set(offset, "open");
	}

	close(offset: LogOffset): void {
		this.#records.set(offset, "closed");
		for (const [next, state] of this.#records) {
			if (state === "open") break;
			this.#records.delete(next);
			this.#prefix = next;
		}
	}

	/** What the prefix will be once these are closed as well: the offset to commit in the transaction that closes them. */
	prefixWith(closing: ReadonlySet<LogOffset>): LogOffset | undefined {
		let prefix = this.#prefix;
		for (const [offset, state] of this.#records) {
			if (state === "open" && !closing.has(offset)) break;
			prefix = offset;
		}
		return prefix;
	}
}
