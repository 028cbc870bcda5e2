import type { LogOffset, LogPosition } from "#core/ports/event-log.ts";

interface Opened {
	readonly mark: string;
	readonly appendedAt: number | undefined;
	closed: boolean;
}

/**
 * Which prefix of a log is resolved. Records are opened in the order of their offsets and closed in any; the position to
 * commit is the last one before the first that is still open, so that a restart skips nothing.
 */
export class OffsetTracker {
	/** In order of opening; a closed record stays until all before it are closed. */
	readonly #records = new Map<LogOffset, Opened>();
	#prefix: LogPosition | undefined;
	#resolvedUpTo: number | undefined;

	constructor(committed: LogPosition | undefined) {
		this.#prefix = committed;
	}

	/** The end of the resolved prefix. */
	get prefix(): LogPosition | undefined {
		return this.#prefix;
	}

	/** When the last event of that prefix was appended, as far as it is known; undefined before the first. */
	get resolvedUpTo(): number | undefined {
		return this.#resolvedUpTo;
	}

	open({ offset, mark, appendedAt }: LogPosition & { readonly appendedAt?: number | undefined }): void {
		this.#records.set(offset, { mark, appendedAt, closed: false });
	}

	close(offset: LogOffset): void {
		const record = this.#records.get(offset);
		if (record !== undefined) record.closed = true;
		for (const [next, { mark, appendedAt, closed }] of this.#records) {
			if (!closed) break;
			this.#records.delete(next);
			this.#prefix = { offset: next, mark };
			this.#resolvedUpTo = appendedAt ?? this.#resolvedUpTo;
		}
	}

	/** What the prefix will be once these are closed as well: the position to commit in the transaction that closes them. */
	prefixWith(closing: ReadonlySet<LogOffset>): LogPosition | undefined {
		let prefix = this.#prefix;
		for (const [offset, { mark, closed }] of this.#records) {
			if (!closed && !closing.has(offset)) break;
			prefix = { offset, mark };
		}
		return prefix;
	}
}
