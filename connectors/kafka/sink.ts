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

interface Open {
	readonly admin: Admin;
	readonly producer: Producer;
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
	#opening: Promise<Open> | undefined;
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

	/** In turn with what is delivered: a failure takes the connection with it. */
	look(): Promise<void> {
		const looked = this.#delivering.then(async () => {
			try {
				this.#opening ??= this.#open();
				await (await this.#opening).admin.describeCluster();
			} catch (thrown) {
				await this.#drop();
				throw asKafkaError(thrown);
			}
		});
		this.#delivering = looked.catch(() => {});
		return looked;
	}

	async close(): Promise<void> {
		this.#closed = true;
		await this.#delivering;
		await this.#drop();
	}

	async #deliver(messages: readonly SinkMessage[]): Promise<void> {
		if (messages.length === 0) return;
		try {
			this.#opening ??= this.#open();
			const { producer } = await this.#opening;
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

	async #open(): Promise<Open> {
		const admin = this.#kafka.admin();
		const producer = this.#kafka.producer({
			idempotent: true,
			// More than one could overtake another on a retry.
			maxInFlightRequests: 1,
			createPartitioner: Partitioners.DefaultPartitioner,
		});
		try {
			if (this.#closed) throw new Error("it was closed");
			await admin.connect();
			await this.#createMissing(admin);
			await producer.connect();
			return { admin, producer };
		} catch (thrown) {
			await Promise.allSettled([admin.disconnect(), producer.disconnect()]);
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
		const open = await this.#opening?.catch(() => undefined);
		this.#opening = undefined;
		await Promise.allSettled([open?.producer.disconnect(), open?.admin.disconnect()]);
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
