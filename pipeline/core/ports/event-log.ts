/** A position in a log: opaque but ordered; `read` goes on behind it. Not dense. */
export type LogOffset = number;

export interface LogEvent {
	/** Identity given by the producer; consumers dedupe by it. */
	readonly id: string;
	/** What is kept in one order: events of a key share a partition. */
	readonly key: string;
	/** The message as bytes of UTF-8 JSON. */
	readonly body: string;
	readonly traceparent: string;
}

export interface LogRecord extends LogEvent {
	readonly offset: LogOffset;
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
	/** The one that events of this key are in. */
	partitionOf(key: string): LogPartition;
	close(): Promise<void>;
}

export interface LogPartition {
	/** The same in every process; its consumer's offset is kept under this name. */
	readonly name: string;
	/** A reader that starts behind `after`, or at the first event. */
	open(after: LogOffset | undefined): LogReader;
	/** Offset of the last event, undefined when empty. */
	end(): Promise<LogOffset | undefined>;
	/** Drops events at or before the offset that are older than the retention, in turns between which others get theirs. */
	trim(before: LogOffset): Promise<void>;
}

export interface LogReader {
	/** Waits until there is at least one event, then gives up to `max` of them in order; empty only after `signal` aborts. */
	read(max: number, signal: AbortSignal): Promise<readonly LogRecord[]>;
	close(): void;
}
