/** A hint that a job waits. The catalog decides whether it is run. */
export interface WorkItem {
	readonly jobId: string;
	/** Higher runs first; 0 to 9. */
	readonly priority: number;
	readonly traceparent: string;
}

/** One item in our hands, to be acknowledged by exactly one of ack, release and reject. */
export interface WorkDelivery {
	readonly item: WorkItem;
	/** Done with it, whatever the job came to. */
	ack(): Promise<void>;
	/** Back into the queue, to be delivered again no earlier than `afterMs` from now. */
	release(afterMs: number): Promise<void>;
	/** Still working: keeps the lease of a delivery. */
	extend(): Promise<void>;
	/** Cannot be handled at all: kept whole among the dead letters. */
	reject(reason: string): Promise<void>;
}

/** What came beside the body of a message, as JSON can say it. */
export type MessageHeaders = Readonly<Record<string, unknown>>;

export interface DeadLetter {
	readonly id: string;
	readonly queue: string;
	/** The message as it came: text, or `base64:` and bytes that are none. */
	readonly body: string;
	readonly headers: MessageHeaders;
	readonly reason: string;
	/** Milliseconds since the epoch. */
	readonly at: number;
}

/** One durable queue a pool, with competing consumers: `watchrabbit.work.<pool>`. */
export interface WorkQueue {
	/**
	 * Resolves once durable.
	 * @throws WatchRabbitError QUEUE_FULL (transient) when the queue is at its bound: nothing of the call was taken
	 */
	enqueue(pool: string, items: readonly WorkItem[]): Promise<void>;
	/** Waits until there is at least one, then leases up to `max` deliveries; empty only after `signal` aborts. */
	take(pool: string, max: number, signal: AbortSignal): Promise<readonly WorkDelivery[]>;
	/** Items waiting and leased. */
	depth(pool: string): Promise<{ readonly waiting: number; readonly leased: number }>;
	/** Keeps a message that nobody can read, with the reason. */
	bury(queue: string, body: string | Uint8Array, reason: string, headers?: MessageHeaders): Promise<void>;
	deadLetters(): Promise<readonly DeadLetter[]>;
	/** The id of the last one, whoever buried it: another than before when more was. */
	lastDeadLetter(): Promise<string | undefined>;
	close(): Promise<void>;
}
