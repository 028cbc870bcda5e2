import type { MessageHeaders } from "./work-queue.ts";

/** A position in a log: opaque but ordered; `read` goes on behind it. Not dense. */
export type LogOffset = number;

/** Behind an event. */
export interface LogPosition {
	readonly offset: LogOffset;
	/** By which the log is known again: one that took its place has another there. */
	readonly mark: string;
}

export interface LogEvent {
	/** Identity given by the producer; consumers dedupe by it. */
	readonly id: string;
	/** What is kept in one order: events of a key share a partition. */
	readonly key: string;
	/** The message as bytes of UTF-8 JSON. */
	readonly body: string;
	readonly traceparent: string;
}

export interface LogRecord extends LogEvent, LogPosition {
	/** When it was appended: milliseconds since the epoch, by the clock of who did it; undefined where nobody says. */
	readonly appendedAt: number | undefined;
	/** Of the message that brought it, where one did. */
	readonly headers?: MessageHeaders;
	/** Nobody can read it, and why: the message as it came, in place of a body. */
	readonly unreadable?: { readonly content: Uint8Array; readonly why: string };
}

/** A durable, replayable, append-only log: `watchrabbit.files`. */
export interface EventLog {
	/**
	 * Resolves once all of them are durable, those of a key in order. A call that fails may have appended some of them: it is
	 * to be made again, and whoever reads knows an event that comes twice by its id.
	 */
	append(events: readonly LogEvent[]): Promise<void>;
	/** Events of one key are in one of them, and in each is one order. Offsets of one mean nothing in another. */
	readonly partitions: readonly [LogPartition, ...LogPartition[]];
	/**
	 * Grows when some of what was appended last may be gone, though the log is the same one: its server went away, and may not
	 * have written it down. Above 0 from the start where nobody knows what happened before.
	 */
	readonly lapses: number;
	/** The one that events of this key are in. */
	partitionOf(key: string): LogPartition;
	/** Fails where it is away; reads nothing, so that it can be asked all the time. */
	look(): Promise<void>;
	close(): Promise<void>;
}

export interface LogPartition {
	/** The same in every process; its consumer's offset is kept under this name. */
	readonly name: string;
	/** A reader that starts behind `after`, or at the first event. */
	open(after: LogPosition | undefined): LogReader;
	/** Offset of the last event, undefined when empty. */
	end(): Promise<LogOffset | undefined>;
	/** Drops events at or before the offset that are older than the retention, in turns between which others get theirs. */
	trim(before: LogOffset): Promise<void>;
}

export interface LogReader {
	/**
	 * Waits until there is at least one event, then gives up to `max` of them in order; empty only after `signal` aborts.
	 *
	 * @throws WatchRabbitError LOG_REPLACED (permanent): what follows where this reader is cannot be told, because the log was
	 * deleted or lost, is another one by now, or dropped events that this reader had still to read. Maybe when there is no
	 * event yet. The next reader begins at the first event, and what had been appended is to be appended again.
	 */
	read(max: number, signal: AbortSignal): Promise<readonly LogRecord[]>;
	close(): void;
}
