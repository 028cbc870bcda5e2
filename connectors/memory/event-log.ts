import { randomUUID } from "node:crypto";
import { type Clock, systemClock } from "#core/clock.ts";
import { transient } from "#core/errors.ts";
import { logReplaced } from "#core/log-replaced.ts";
import type {
	EventLog,
	LogEvent,
	LogOffset,
	LogPartition,
	LogPosition,
	LogReader,
	LogRecord,
} from "#core/ports/event-log.ts";
import { WakeUp } from "#core/wake-up.ts";
import { filesLog } from "#domain/places.ts";

/** Only this process appends: a reader is told of every event. */
const lookEveryMs = 2 ** 31 - 1;
const weekMs = 7 * 24 * 3600 * 1000;

/** An event log that lives as long as the process: for tests, benches and dry runs. */
export class MemoryEventLog implements EventLog, LogPartition {
	readonly name = filesLog;
	readonly partitions = [this] as const;
	readonly lapses: number = 0;
	readonly #clock: Clock;
	readonly #retentionMs: number;
	readonly #appended = new WakeUp();
	readonly #mark = randomUUID();
	/** In order; the offsets have no gaps. */
	#records: (LogRecord & { readonly appendedAt: number })[] = [];
	#end = 0;
	#closed = false;

	constructor(options: { readonly retentionMs?: number; readonly clock?: Clock } = {}) {
		this.#clock = options.clock ?? systemClock;
		this.#retentionMs = options.retentionMs ?? weekMs;
	}

	partitionOf(): LogPartition {
		return this;
	}

	async look(): Promise<void> {
		if (this.#closed) throw logClosed();
	}

	async append(events: readonly LogEvent[]): Promise<void> {
		const appendedAt = this.#clock.now();
		for (const event of events) this.#records.push({ ...event, offset: ++this.#end, mark: this.#mark, appendedAt });
		this.#appended.ring();
	}

	open(after: LogPosition | undefined): LogReader {
		let position = after?.offset ?? 0;
		let closed = false;
		const next = (max: number) => {
			if (closed) throw transient("LOG_CLOSED", "the reader was closed");
			if (after !== undefined && after.mark !== this.#mark) throw logReplaced(this.name, "is another log than before");
			const from = Math.max(0, position - (this.#end - this.#records.length));
			const records = this.#records.slice(from, from + max);
			return records.length === 0 ? undefined : records;
		};
		return {
			read: async (max, signal) => {
				const records = (await this.#appended.find(() => next(max), signal, lookEveryMs)) ?? [];
				position = records.at(-1)?.offset ?? position;
				return records;
			},
			close: () => {
				closed = true;
				this.#appended.ring();
			},
		};
	}

	async end(): Promise<LogOffset | undefined> {
		return this.#end === 0 ? undefined : this.#end;
	}

	async trim(before: LogOffset): Promise<void> {
		const olderThan = this.#clock.now() - this.#retentionMs;
		const kept = this.#records.findIndex(({ offset, appendedAt }) => offset > before || appendedAt > olderThan);
		this.#records = kept < 0 ? [] : this.#records.slice(kept);
	}

	async close(): Promise<void> {
		this.#closed = true;
		this.#appended.close(logClosed());
	}
}

function logClosed() {
	return transient("LOG_CLOSED", "the log was closed");
}
