/** What leaves for other services: states of jobs, results, and each measurement by itself. */
export const sinkStreams = ["jobs", "results", "measurements"] as const;

export type SinkStream = (typeof sinkStreams)[number];

export interface SinkMessage {
	/** The same whenever it is told: who has seen it may forget it. */
	readonly id: string;
	readonly stream: SinkStream;
	/** What happened: `job.completed`, `result.committed`, ... */
	readonly type: string;
	/** Messages of a key keep their order. */
	readonly key: string;
	/** When it happened: milliseconds since the epoch. */
	readonly at: number;
	/** JSON. */
	readonly body: string;
	readonly traceparent: string;
}

/** Other services, told what became of things: at least once, in order by key. */
export interface Sink {
	/** Resolves once all are durable. A call that fails may have told a part, and is made again whole. */
	deliver(messages: readonly SinkMessage[]): Promise<void>;
	/** Fails where it is away. Left out: it is in a service that is looked at already. */
	look?(): Promise<void>;
	close(): Promise<void>;
}
