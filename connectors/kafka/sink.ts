import { type Admin, type Kafka, type Message, Partitioners, type Producer } from "kafkajs";
import { type Sink, type SinkMessage, type SinkStream, sinkStreams } from "#core/ports/sink.ts";
import { connect, type KafkaOptions } from "./connect.ts";
import { asKafkaError } from "./kafka-error.ts";

export interface KafkaSinkOptions extends KafkaOptions {
	/** Begins the names of the topics: `<prefix>.jobs`, `<prefix>.results`, `<prefix>.measurements`. */
	readonly topicPrefix: string;
}

export function sinkTopics(prefix: string): readonly string[] {
	return sinkStreams.map((stream) => topicOf(prefix, stream));
}

function topicOf(prefix: string, stream: SinkStream): string {
	return `${prefix}.${stream}`;
}

/**
 * Topics of Kafka, written by an idempotent producer: what it sends again because an answer was lost is there once.
 * After a failure the producer is replaced, so that nothing hangs on the sequence numbers of the one before; what the
 * caller then delivers again may be there twice, under the same id. Topics that are missing are created, with the
 * broker's own number of partitions and replicas.
 */
export class KafkaSink implements Sink {
	readonly #kafka: Kafka;
	readonly #prefix: string;
	#opening: Promise<Producer> | undefined;
	/** Of looks alone: they wait for nothing that is delivered, and end none of it when they fail. */
	#looking: Promise<Admin> | undefined;
	#closed = false;
	/** Of the call before: a key keeps its order. */
	#delivering: Promise<unknown> = Promise.resolve();

	constructor(options: KafkaSinkOptions) {
		this.#kafka = connect(options);
		this.#prefix = options.topicPrefix;
	}

	/** @throws WatchRabbitError KAFKA_AWAY (transient); KAFKA_* (permanent) with what to change */
	deliver(messages: readonly SinkMessage[]): Promise<void> {
		const delivered = this.#delivering.then(() => this.#deliver(messages));
		this.#delivering = delivered.catch(() => {});
		return delivered;
	}

	async look(): Promise<void> {
		this.#looking ??= this.#admin();
		const looking = this.#looking;
		try {
			await (await looking).describeCluster();
		} catch (thrown) {
			if (this.#looking === looking) this.#looking = undefined;
			await ended(looking);
			throw asKafkaError(thrown);
		}
	}

	async close(): Promise<void> {
		this.#closed = true;
		await this.#delivering;
		await Promise.all([this.#drop(), ended(this.#looking)]);
	}

	async #deliver(messages: readonly SinkMessage[]): Promise<void> {
		if (messages.length === 0) return;
		try {
			this.#opening ??= this.#open();
			const producer = await this.#opening;
			const streams = Map.groupBy(messages, ({ stream }) => stream);
			const topicMessages = [...streams].map(([stream, told]) => ({
				topic: this.#topic(stream),
				messages: told.map((message) => this.#record(message)),
			}));
			await producer.sendBatch({ acks: -1, topicMessages });
		} catch (thrown) {
			await this.#drop();
			throw asKafkaError(thrown);
		}
	}

	async #open(): Promise<Producer> {
		const admin = this.#admin();
		const producer = this.#kafka.producer({
			idempotent: true,
			// More than one could overtake another on a retry.
			maxInFlightRequests: 1,
			createPartitioner: Partitioners.DefaultPartitioner,
		});
		try {
			await this.#createMissing(await admin);
			await producer.connect();
			return producer;
		} catch (thrown) {
			await ended(producer);
			throw thrown;
		} finally {
			await ended(admin);
		}
	}

	async #admin(): Promise<Admin> {
		const admin = this.#kafka.admin();
		try {
			if (this.#closed) throw new Error("it was closed");
			await admin.connect();
			return admin;
		} catch (thrown) {
			await ended(admin);
			throw thrown;
		}
	}

	async #createMissing(admin: Admin): Promise<void> {
		const known = new Set(await admin.listTopics());
		const missing = sinkTopics(this.#prefix).filter((topic) => !known.has(topic));
		if (missing.length === 0) return;
		const topics = missing.map((topic) => ({ topic, numPartitions: -1, replicationFactor: -1 }));
		await admin.createTopics({ topics, waitForLeaders: true });
	}

	async #drop(): Promise<void> {
		await ended(this.#opening);
		this.#opening = undefined;
	}

	#topic(stream: SinkStream): string {
		return topicOf(this.#prefix, stream);
	}

	/** CloudEvents 1.0 in binary mode, as its Kafka binding says: the attributes are headers, the value is the data. */
	#record({ id, type, key, at, body, traceparent }: SinkMessage): Message {
		return {
			key,
			value: body,
			timestamp: String(at),
			headers: {
				"content-type": "application/json",
				ce_specversion: "1.0",
				ce_id: id,
				ce_type: `watchrabbit.${type}`,
				ce_source: `/${this.#prefix}`,
				ce_subject: key,
				ce_time: new Date(at).toISOString(),
				traceparent,
			},
		};
	}
}

/** One that never came to be needs no end. */
async function ended(client: { disconnect(): Promise<void> } | Promise<{ disconnect(): Promise<void> }> | undefined) {
	try {
		await (await client)?.disconnect();
	} catch {
		// It is gone already.
	}
}
