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
	/** Resolves once all of them are durable, in order. All or none of a call is appended. */
	append(events: readonly LogEvent[]): Promise<void>;
	/** A reader that starts behind `after`, or at the first event. */
	open(after: LogOffset | undefined): LogReader;
	/** Offset of the last event, undefined when empty. */
	end(): Promise<LogOffset | undefined>;
	/** Drops events at or before the offset that are older than the retention, in turns between which others get theirs. */
	trim(before: LogOffset): Promise<void>;
	close(): Promise<void>;
}

export interface LogReader {
	/** Waits until there is at least one event, then gives up to `max` of them in order; empty only after `signal` aborts. */
	read(max: number, signal: AbortSignal): Promise<readonly LogRecord[]>;
	close(): void;
}
